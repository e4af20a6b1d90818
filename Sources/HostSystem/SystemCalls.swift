public import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif
#if os(Linux)
    private import CLinux
#endif

/// The calls on files that swift-system does not have. Each throws `Errno` and begins again when a signal interrupted it.
///
/// The applier has a set of its own (`Applying/Disk/Kernel.swift`): it is a static program without swift-system.
public enum SystemCalls {
    /// What stands at a path.
    public enum FileKind: Sendable { case regular, directory, symbolicLink, other }

    /// What stat(2) says of a file.
    public struct Status: Sendable {
        public let kind: FileKind
        /// Bytes.
        public let size: Int64
        /// Permissions, set-user-id, set-group-id and sticky bit.
        public let bits: UInt16
        public let identity: FileIdentity
        /// Seconds since 1970.
        public let modified: Double
    }

    public static func openDirectory(
        _ name: String, below parent: FileDescriptor? = nil, follow: Bool
    ) throws(Errno) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)
        return try descriptor { unsafe openat(parent?.rawValue ?? AT_FDCWD, name, flags) }
    }

    /// Creates a file that did not exist, mode 0600.
    public static func createFile(_ name: String, below parent: FileDescriptor) throws(Errno) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return try descriptor { unsafe openat(parent.rawValue, name, flags, 0o600) }
    }

    /// The umask takes bits away from the mode.
    public static func makeDirectory(
        _ name: String, below parent: FileDescriptor? = nil, bits: UInt16
    ) throws(Errno) {
        try check { unsafe mkdirat(parent?.rawValue ?? AT_FDCWD, name, mode_t(bits)) }
    }

    public static func status(
        of name: String, below parent: FileDescriptor? = nil, follow: Bool = false
    ) throws(Errno) -> Status {
        var status = stat()
        try check {
            unsafe fstatat(parent?.rawValue ?? AT_FDCWD, name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW)
        }
        return Status(status)
    }

    public static func status(of file: FileDescriptor) throws(Errno) -> Status {
        var status = stat()
        try check { unsafe fstat(file.rawValue, &status) }
        return Status(status)
    }

    public static func setPermissions(_ file: FileDescriptor, bits: UInt16) throws(Errno) {
        try check { fchmod(file.rawValue, mode_t(bits)) }
    }

    public static func synchronise(_ file: FileDescriptor) throws(Errno) {
        try check { fsync(file.rawValue) }
    }

    /// Replaces what stands at the new name.
    public static func rename(_ old: String, to new: String, below parent: FileDescriptor? = nil) throws(Errno) {
        let directory = parent?.rawValue ?? AT_FDCWD
        try check { unsafe renameat(directory, old, directory, new) }
    }

    /// A second name; fails when something stands there already.
    public static func link(_ old: String, to new: String, below parent: FileDescriptor? = nil) throws(Errno) {
        let directory = parent?.rawValue ?? AT_FDCWD
        try check { unsafe linkat(directory, old, directory, new, 0) }
    }

    /// A symbolic link; fails when something stands at its name already.
    public static func symbolicLink(_ name: String, to target: String) throws(Errno) {
        try check { unsafe symlink(target, name) }
    }

    public static func unlink(_ name: String, below parent: FileDescriptor? = nil) throws(Errno) {
        try check { unsafe unlinkat(parent?.rawValue ?? AT_FDCWD, name, 0) }
    }

    /// Removes an empty directory.
    public static func removeDirectory(_ name: String, below parent: FileDescriptor? = nil) throws(Errno) {
        try check { unsafe unlinkat(parent?.rawValue ?? AT_FDCWD, name, AT_REMOVEDIR) }
    }

    /// Locks a file for this process, which gives it back when it ends, however it ends.
    ///
    /// - Returns: false when another process holds the lock and `wait` is false.
    public static func lock(_ file: FileDescriptor, wait: Bool) throws(Errno) -> Bool {
        do throws(Errno) { try check { flock(file.rawValue, LOCK_EX | (wait ? 0 : LOCK_NB)) } } catch {
            guard error == .wouldBlock || error == .resourceTemporarilyUnavailable else { throw error }
            return false
        }
        return true
    }

    /// Has the disk begin to write a range of a file, so that a later `synchronise` finds most of it done; does nothing where the system has
    /// no such call, and promises nothing anywhere.
    public static func beginWriting(_ file: FileDescriptor, at offset: Int64, count: Int64) {
        #if os(Linux)
            _ = sync_file_range(file.rawValue, offset, count, UInt32(slipway_sync_file_range_write))
        #endif
    }

    /// Closes the descriptor in programs that this process becomes or starts.
    static func keepFromChildren(_ file: FileDescriptor) { _ = fcntl(file.rawValue, F_SETFD, FD_CLOEXEC) }

    /// Gives the empty target the blocks of the source until one of them is written to; false where the file system cannot.
    static func shareBlocks(of source: FileDescriptor, with target: FileDescriptor) -> Bool {
        #if canImport(Darwin)
            false
        #else
            // `FICLONE`, ioctl_ficlone(2): a macro, which Swift does not import.
            ioctl(target.rawValue, 0x4004_9409, source.rawValue) == 0
        #endif
    }

    /// Makes a file that shares its blocks with another, clonefile(2); false where the system or the file system cannot.
    static func clone(_ source: String, as target: String) -> Bool {
        #if canImport(Darwin)
            unsafe clonefile(source, target, 0) == 0
        #else
            false
        #endif
    }

    /// What a symbolic link leads to; nil for what is none.
    public static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(link, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static var isRoot: Bool { geteuid() == 0 }

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

extension SystemCalls.Status {
    fileprivate init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        size = Int64(status.st_size)
        bits = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
        identity = FileIdentity(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino))
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        modified = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What tells two files apart, whatever their names: for a network namespace, which one it is.
public struct FileIdentity: Hashable, Sendable {
    public let device: UInt64
    public let inode: UInt64

    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}
