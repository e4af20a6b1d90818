private import Foundation
public import SystemPackage
import Values

/// Files by their paths, for code that has no directory open: read whole, written whole or not at all.
///
/// `Failure` is the error of the module that uses it, which names it once: `typealias Files = HostSystem.Files<LaunchError>`.
public enum Files<Failure: SystemFailure> {
    /// Symbolic links are followed.
    public static func exists(_ path: String) -> Bool { status(path) != nil }

    public static func isDirectory(_ path: String) -> Bool { status(path)?.kind == .directory }

    /// The identity of the file that a path leads to, links followed; nil when there is none.
    public static func identity(of path: String) -> FileIdentity? { status(path)?.identity }

    /// Bytes of a regular file, links followed; nil when there is none.
    public static func size(of path: String) -> Int64? {
        guard let status = status(path), status.kind == .regular else { return nil }
        return status.size
    }

    /// Seconds since the file was last written to; nil when there is none.
    public static func age(of path: String) -> Double? {
        status(path).map { Date.now.timeIntervalSince1970 - $0.modified }
    }

    private static func status(_ path: String) -> SystemCalls.Status? {
        try? SystemCalls.status(of: path, follow: true)
    }

    /// Makes the directory and those above it; only the last gets the mode, before the umask.
    public static func makeDirectory(_ path: String, mode: UInt16 = 0o755) throws(Failure) {
        if isDirectory(path) { return }
        let parent = FilePath(path).removingLastComponent().string
        if !parent.isEmpty, parent != path { try makeDirectory(parent) }
        do throws(Errno) { try SystemCalls.makeDirectory(path, bits: mode) } catch {
            guard error == .fileExists, isDirectory(path) else {
                throw Failure(SystemError("make the directory", path, error))
            }
        }
    }

    public static func openForReading(_ path: String) throws(Failure) -> FileDescriptor {
        do { return try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) } catch {
            throw Failure(SystemError("read", path, error))
        }
    }

    /// Opens a file to append to; one that is made has mode 0600.
    public static func openForAppending(_ path: String) throws(Failure) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
        } catch { throw Failure(SystemError("write", path, error)) }
    }

    /// Makes a file that is not there, mode 0600, open for reading and writing.
    public static func createFile(_ path: String) throws(Failure) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.exclusiveCreate, .create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch { throw Failure(SystemError("write", path, error)) }
    }

    /// Nil when there is no such file.
    public static func read(_ path: String) throws(Failure) -> [UInt8]? {
        do throws(Errno) {
            let file = OwnedDescriptor(owning: try Self.open(path))
            return try Self.rest(of: file.descriptor)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch .notDirectory {
            return nil
        } catch {
            throw Failure(SystemError("read", path, error))
        }
    }

    private static func open(_ path: String) throws(Errno) -> FileDescriptor {
        do { return try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) } catch {
            throw error as? Errno ?? .ioError
        }
    }

    /// What is left to read, to the end: files of the kernel have no size to go by.
    static func rest(of file: FileDescriptor) throws(Errno) -> [UInt8] {
        let size = Int(clamping: try SystemCalls.status(of: file).size)
        var bytes = [UInt8](repeating: 0, count: max(size + 1, 4096))
        var filled = 0
        while true {
            let count: Int
            do {
                count = try unsafe bytes.withUnsafeMutableBytes {
                    try unsafe file.read(into: .init(rebasing: $0[filled...]))
                }
            } catch { throw error as? Errno ?? .ioError }
            if count == 0 { break }
            filled += count
            if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: filled)) }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Writes a file as ``AtomicFile`` does. Nothing is done when the content is there already, with these permissions.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o600) throws(Failure) {
        if holds(bytes, path, mode: mode) { return }
        let target = FilePath(path)
        let file = try AtomicFile<Failure>.create(
            in: target.removingLastComponent(), permissions: Permissions(bits: mode))
        try file.write(bytes)
        try file.commit(as: target.lastComponent?.string ?? "")
    }

    /// Whether a regular file has this content and mode.
    static func holds(_ bytes: [UInt8], _ path: String, mode: UInt16) -> Bool {
        guard let status = status(path), status.kind == .regular, status.size == bytes.count, status.bits == mode
        else { return false }
        return (try? read(path)) == bytes
    }

    /// Replaces what stands at the new path.
    public static func rename(_ old: String, to new: String) throws(Failure) {
        do throws(Errno) { try SystemCalls.rename(old, to: new) } catch {
            throw Failure(SystemError("write", new, error))
        }
    }

    /// A second name for a file; false where that is not possible, as on another file system.
    public static func hardLink(_ old: String, to new: String) -> Bool {
        do throws(Errno) { try SystemCalls.link(old, to: new) } catch { return false }
        return true
    }

    /// Makes a symbolic link, or makes one that is there lead elsewhere: at no instant does it lead nowhere.
    ///
    /// - Throws: when something else than a link stands there; it stays.
    public static func replaceLink(_ path: String, target: String) throws(Failure) {
        try checkLink(path)
        let temporary = FilePath(path).removingLastComponent()
            .appending(".slipway-" + String(UInt64.random(in: .min ... .max), radix: 36)).string
        do throws(Errno) {
            try SystemCalls.symbolicLink(temporary, to: target)
            do throws(Errno) { try SystemCalls.rename(temporary, to: path) } catch {
                try? SystemCalls.unlink(temporary)
                throw error
            }
        } catch { throw Failure(SystemError("make the link", path, error)) }
    }

    /// Whether ``replaceLink(_:target:)`` may make a link there: before anything is done that it would come after.
    public static func checkLink(_ path: String) throws(Failure) {
        if let status = try? SystemCalls.status(of: path), status.kind != .symbolicLink {
            throw Failure(
                SystemError(
                    "make the link", path, .fileExists, detail: "something that is no link stands there: move it away"))
        }
    }

    /// Removes the file or the whole tree, not following links; nothing to remove is no error.
    public static func remove(_ path: String) throws(Failure) {
        // Programs that end meanwhile take files of theirs away, or leave their last ones: then what is left is removed again.
        for attempt in 1...20 {
            do { return try FileManager.default.removeItem(atPath: path) } catch {
                guard (try? SystemCalls.status(of: path, follow: false)) != nil else { return }
                guard attempt < 20 else {
                    throw Failure(SystemError("remove", path, .ioError, detail: error.localizedDescription))
                }
            }
        }
    }

    /// Removes a tree of directories from its leaves. What is not empty stays: the files of a cgroup go with it.
    public static func removeDirectories(_ path: String) {
        for name in names(in: path) where isDirectory("\(path)/\(name)") { removeDirectories("\(path)/\(name)") }
        try? SystemCalls.removeDirectory(path)
    }

    /// The names in a directory, sorted; none when it is not there.
    public static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// The paths of the regular files below a directory, relative to it, sorted.
    public static func files(below path: String) -> [String] {
        let all = FileManager.default.subpaths(atPath: path) ?? []
        return all.filter { exists("\(path)/\($0)") && !isDirectory("\(path)/\($0)") }.sorted()
    }
}
