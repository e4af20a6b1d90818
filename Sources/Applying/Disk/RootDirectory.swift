import BundleFormat
import Values

/// A directory that paths are resolved below: the machine's root, a seed, a depot.
///
/// A path is walked one component at a time by openat(2). A symbolic link on the way is followed only if root made it, and
/// then as if this directory were `/`; so nothing outside is reached, and no account's link leads root elsewhere.
final class RootDirectory {
    /// A name in an open directory: where a file is, or will be.
    struct Place: ~Copyable {
        let directory: Descriptor
        let name: String
    }

    /// The host's path, without a slash at the end.
    let hostPath: String
    private let root: Descriptor

    init(_ path: String) throws(ApplyError) {
        var path = path[...]
        while path.last == "/" { path = path.dropLast() }
        hostPath = String(path)
        do { root = try Kernel.openRoot(path.isEmpty ? "/" : hostPath) } catch {
            throw ApplyError("open", hostPath, error)
        }
    }

    /// A path as the host names it, for messages.
    func hostPath(of path: String) -> String { hostPath + path }

    /// Opens the directory at an absolute path; nil when it or one above it is absent.
    func directory(_ path: String) throws(ApplyError) -> Descriptor? {
        var pending = Self.components(path).reversed() as [String]
        var done: [String] = []
        var current = try duplicateRoot()
        var links = 0
        while let name = pending.popLast() {
            if name == ".." {
                _ = done.popLast()
                pending += done.reversed()
                done = []
                current = try duplicateRoot()
                continue
            }
            let here = "/" + (done + [name]).joined(separator: "/")
            do {
                current = try Kernel.open(current, name, .directory)
                done.append(name)
                continue
            } catch {
                if error.code == Kernel.absent { return nil }
                guard error.code == Kernel.notDirectory || error.code == Kernel.tooManyLinks else {
                    throw ApplyError("open", hostPath(of: here), error)
                }
            }
            links += 1
            let target = try trustedLink(current, name, at: here)
            guard links <= 16 else { throw .foreignLink(path: hostPath(of: here), target: target) }
            pending += Self.components(target).reversed() as [String]
            if target.hasPrefix("/") {
                done = []
                current = try duplicateRoot()
            }
        }
        return current
    }

    private func duplicateRoot() throws(ApplyError) -> Descriptor {
        do { return try Kernel.duplicate(root) } catch { throw ApplyError("open", hostPath, error) }
    }

    /// The target of a link that may be followed; an error when it may not, or is none.
    private func trustedLink(_ directory: borrowing Descriptor, _ name: String, at path: String) throws(ApplyError)
        -> String
    {
        do {
            let status = try Kernel.status(directory, name)
            guard status.kind == .link else {
                throw ApplyError.notDirectory(path: hostPath(of: path), found: status.kind.name)
            }
            let target = try Kernel.link(directory, name)
            guard status.owner.user == 0 else { throw ApplyError.foreignLink(path: hostPath(of: path), target: target) }
            return target
        } catch let error as Errno {
            throw ApplyError("readlink", hostPath(of: path), error)
        } catch let error as ApplyError {
            throw error
        } catch {
            throw .foreignLink(path: hostPath(of: path), target: "\(error)")
        }
    }

    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    /// The directory that holds `path`, open, and the last component; nil when that directory is absent.
    func place(_ path: String) throws(ApplyError) -> Place? {
        guard let directory = try directory(Self.parent(of: path)) else { return nil }
        return Place(directory: directory, name: Self.name(of: path))
    }

    /// What is at a path; nil when nothing is.
    func status(_ path: String) throws(ApplyError) -> FileStatus? {
        guard let place = try place(path) else { return nil }
        do { return try Kernel.status(place.directory, place.name) } catch {
            guard error.code == Kernel.absent else { throw ApplyError("stat", hostPath(of: path), error) }
            return nil
        }
    }

    /// Opens a regular file for reading; nil when nothing is there.
    func file(_ path: String) throws(ApplyError) -> Descriptor? {
        guard let place = try place(path) else { return nil }
        let descriptor: Descriptor
        do { descriptor = try Kernel.open(place.directory, place.name, .read) } catch {
            if error.code == Kernel.absent { return nil }
            if error.code == Kernel.tooManyLinks {
                throw .notFile(path: hostPath(of: path), found: FileStatus.Kind.link.name)
            }
            throw ApplyError("open", hostPath(of: path), error)
        }
        let kind: FileStatus.Kind
        do { kind = try Kernel.status(descriptor).kind } catch { throw ApplyError("stat", hostPath(of: path), error) }
        guard kind == .file else { throw .notFile(path: hostPath(of: path), found: kind.name) }
        return descriptor
    }

    /// The names in a directory, sorted; empty when it is absent.
    func names(in path: String) throws(ApplyError) -> [String] {
        guard let directory = try directory(path) else { return [] }
        do { return try Kernel.names(in: directory) } catch { throw ApplyError("read", hostPath(of: path), error) }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    static func name(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }
}

extension RootDirectory {
    /// Large enough to make system calls rare, small enough to stay in the processor's cache.
    static let chunkSize = 128 << 10

    /// Calls `body` with the file's bytes in order; false when nothing is at the path.
    func forEachChunk(
        of path: String, _ body: (ArraySlice<UInt8>) throws(ApplyError) -> Void
    ) throws(ApplyError) -> Bool {
        guard let file = try file(path) else { return false }
        var buffer = [UInt8](repeating: 0, count: Self.chunkSize)
        while true {
            let count: Int
            do { count = try Kernel.read(file, into: &buffer) } catch {
                throw ApplyError("read", hostPath(of: path), error)
            }
            guard count > 0 else { return true }
            try body(buffer[..<count])
        }
    }

    /// The digest of a file's content; nil when nothing is at the path.
    func digest(of path: String) throws(ApplyError) -> Digest? {
        var hash = SHA256()
        let isThere = try forEachChunk(of: path) { (chunk) throws(ApplyError) in hash.update(chunk) }
        return isThere ? hash.finish() : nil
    }

    /// The content of a small file; nil when nothing is at the path.
    ///
    /// - Parameter limit: the greatest number of bytes; a longer file is cut, which no parser then accepts.
    func content(of path: String, limit: Int = 64 << 20) throws(ApplyError) -> [UInt8]? {
        var content: [UInt8] = []
        let isThere = try forEachChunk(of: path) { (chunk) throws(ApplyError) in
            if content.count < limit { content += chunk }
        }
        return isThere ? content : nil
    }
}
