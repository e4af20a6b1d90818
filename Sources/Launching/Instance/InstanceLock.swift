/// Held while a verb changes an instance; the kernel gives it back when the process ends, however it ends.
///
/// The lock is on the instance's directory itself, so there is no file that could be left behind.
final class InstanceLock: Sendable {
    private let descriptor: Int32

    /// Makes the directory when it is not there, and takes the lock.
    static func take(_ paths: InstancePaths) throws(LaunchError) -> InstanceLock {
        // More than once only when another process destroyed the instance between our two steps.
        for _ in 0..<5 {
            try Files.makeDirectory(paths.directory, mode: 0o700)
            guard let descriptor = try SystemCalls.openDirectory(paths.directory) else { continue }
            let lock = InstanceLock(descriptor: descriptor)
            guard try SystemCalls.lock(descriptor, path: paths.directory) else { throw .busy(instance: paths.name) }
            if SystemCalls.isSame(descriptor, as: paths.directory) { return lock }
        }
        throw .busy(instance: paths.name)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { SystemCalls.close(descriptor) }
}
