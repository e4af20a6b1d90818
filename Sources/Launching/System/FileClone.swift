import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Copies of large files that share their blocks with the original until one of them is written to.
package enum FileClone {
    /// Makes the copy beside its target and moves it there; by the file system where it can, else byte by byte.
    package static func clone(_ source: String, to target: String) throws(LaunchError) {
        let beside = target + ".new"
        try Files.remove(beside)
        if !share(source, with: beside) {
            try Files.remove(beside)
            do { try FileManager.default.copyItem(atPath: source, toPath: beside) } catch {
                throw .system(call: "copy", path: source, reason: error.localizedDescription)
            }
        }
        try SystemCalls.rename(beside, to: target)
    }

    private static func share(_ source: String, with target: String) -> Bool {
        #if canImport(Darwin)
            return unsafe clonefile(source, target, 0) == 0
        #else
            guard let from = FileHandle(forReadingAtPath: source),
                FileManager.default.createFile(atPath: target, contents: nil, attributes: [.posixPermissions: 0o600]),
                let to = FileHandle(forWritingAtPath: target)
            else { return false }
            return ioctl(to.fileDescriptor, Self.ficlone, from.fileDescriptor) == 0
        #endif
    }

    /// `FICLONE`, ioctl_ficlone(2): a macro, which Swift does not import.
    private static let ficlone: UInt = 0x4004_9409
}
