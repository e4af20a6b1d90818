internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// The calls swift-system does not have; the one file that knows the platform. Each throws `Errno`.
enum SystemCalls {
    static let notFound = Errno.noSuchFileOrDirectory
    static let exists = Errno.fileExists

    /// What stands at a path, symbolic links not followed.
    enum FileKind { case regular, directory, symbolicLink, other }

    static func openDirectory(_ name: String, below parent: FileDescriptor?, follow: Bool) throws(Errno)
        -> FileDescriptor
    {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)
        return try descriptor { unsafe openat(parent?.rawValue ?? AT_FDCWD, name, flags) }
    }

    /// Creates a file that did not exist, mode 0600.
    static func createFile(_ name: String, below parent: FileDescriptor) throws(Errno) -> FileDescriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return try descriptor { unsafe openat(parent.rawValue, name, flags, 0o600) }
    }

    static func makeDirectory(_ name: String, below parent: FileDescriptor, bits: UInt16) throws(Errno) {
        try check { unsafe mkdirat(parent.rawValue, name, mode_t(bits)) }
    }

    static func kind(of name: String, below parent: FileDescriptor) throws(Errno) -> FileKind {
        var status = stat()
        try check { unsafe fstatat(parent.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) }
        return kind(status)
    }

    /// The kind and the size in bytes of an open file.
    static func status(of file: FileDescriptor) throws(Errno) -> (kind: FileKind, size: Int64) {
        var status = stat()
        try check { unsafe fstat(file.rawValue, &status) }
        return (kind(status), Int64(status.st_size))
    }

    private static func kind(_ status: stat) -> FileKind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        default: .other
        }
    }

    static func setPermissions(_ file: FileDescriptor, bits: UInt16) throws(Errno) {
        try check { fchmod(file.rawValue, mode_t(bits)) }
    }

    static func synchronise(_ file: FileDescriptor) throws(Errno) {
        try check { fsync(file.rawValue) }
    }

    /// Replaces what stands at the new name.
    static func rename(_ old: String, to new: String, below parent: FileDescriptor) throws(Errno) {
        try check { unsafe renameat(parent.rawValue, old, parent.rawValue, new) }
    }

    /// A second name; fails when something stands there already.
    static func link(_ old: String, to new: String, below parent: FileDescriptor) throws(Errno) {
        try check { unsafe linkat(parent.rawValue, old, parent.rawValue, new, 0) }
    }

    static func unlink(_ name: String, below parent: FileDescriptor) throws(Errno) {
        try check { unsafe unlinkat(parent.rawValue, name, 0) }
    }

    private static func descriptor(_ call: () -> CInt) throws(Errno) -> FileDescriptor {
        while true {
            let value = call()
            if value >= 0 { return FileDescriptor(rawValue: value) }
            let error = Errno(rawValue: errno)
            guard error == .interrupted else { throw error }
        }
    }

    private static func check(_ call: () -> CInt) throws(Errno) {
        while call() != 0 {
            let error = Errno(rawValue: errno)
            guard error == .interrupted else { throw error }
        }
    }
}
