import HostSystem
import SystemPackage

/// Held while a verb changes an instance; the kernel gives it back when the process ends, however it ends.
///
/// The lock is on the instance's directory itself, so there is no file that could be left behind.
final class InstanceLock: Sendable {
    private let directory: OwnedDescriptor

    /// Makes the directory when it is not there, and takes the lock.
    static func take(_ paths: InstancePaths) throws(LaunchError) -> InstanceLock {
        let path = paths.directory
        // More than once only when another process destroyed the instance between our two steps.
        for _ in 0..<5 {
            try Files.makeDirectory(path, mode: 0o700)
            do throws(Errno) {
                let directory = OwnedDescriptor(owning: try SystemCalls.openDirectory(path, follow: true))
                let isTaken = try SystemCalls.lock(directory.descriptor, wait: false)
                let identity = try SystemCalls.status(of: directory.descriptor).identity
                guard isTaken else { throw .wouldBlock }
                if Files.identity(of: path) == identity { return InstanceLock(directory) }
            } catch .noSuchFileOrDirectory {
                continue
            } catch .wouldBlock {
                throw .busy(instance: paths.name)
            } catch {
                throw LaunchError(SystemError("lock", path, error))
            }
        }
        throw .busy(instance: paths.name)
    }

    private init(_ directory: consuming OwnedDescriptor) { self.directory = directory }
}
