import BundleFormat
import HostSystem
public import SystemPackage
public import Values

/// Writes files below one directory and never outside it: every component is opened from the root's descriptor without
/// following a symbolic link, so that neither a hostile name nor a link that already stands there leads out.
public struct DirectoryWriter: ~Copyable {
    private let root: OwnedDescriptor
    private let rootPath: String
    private let directoryPermissions: Permissions
    private let durable: Bool

    private init(root: consuming OwnedDescriptor, path: String, directoryPermissions: Permissions, durable: Bool) {
        self.root = root
        rootPath = path
        self.directoryPermissions = directoryPermissions
        self.durable = durable
    }

    /// Opens the root, which must exist unless `create` is true (then its parent must). The root itself may be a symbolic
    /// link: it is the user's word. `directoryPermissions` are those of directories made on the way, before the umask.
    public static func open(
        _ path: FilePath, create: Bool = false, directoryPermissions: Permissions = 0o755, durable: Bool = true
    ) throws(ArchiveError) -> DirectoryWriter {
        let name = path.isEmpty ? "." : path.string
        do throws(Errno) {
            if create { try makeIfAbsent(name, permissions: directoryPermissions) }
            let root = try SystemCalls.openDirectory(name, follow: true)
            return DirectoryWriter(
                root: OwnedDescriptor(owning: root), path: name, directoryPermissions: directoryPermissions,
                durable: durable)
        } catch {
            throw .system(operation: "open the directory", subject: name, error: error)
        }
    }

    private static func makeIfAbsent(_ name: String, permissions: Permissions) throws(Errno) {
        let here = OwnedDescriptor(owning: try SystemCalls.openDirectory(".", follow: true))
        do throws(Errno) { try SystemCalls.makeDirectory(name, below: here.descriptor, bits: permissions.bits) } catch {
            guard error == .fileExists else { throw error }
        }
    }

    /// Makes a directory and those above it. One that exists keeps its mode.
    public func makeDirectory(_ path: String) throws(ArchiveError) {
        try ArchiveEntry.check(path: path, in: rootPath)
        _ = try openDirectory(Self.components(of: path)[...])
    }

    /// Writes a file, replacing a regular file that stands there. `permissions` hold whatever the umask, and at no instant is
    /// the file open wider.
    public func write(_ path: String, _ bytes: [UInt8], permissions: Permissions) throws(ArchiveError) {
        let file = try begin(path, permissions: permissions)
        try file.write(bytes)
        try file.commit(as: Self.lastComponent(of: path), durable: durable)
    }

    /// Writes a file whose bytes `body` gives, piece by piece, to the function it receives. Nothing stays when `body` throws.
    public func write(
        _ path: String, permissions: Permissions, body: ((Span<UInt8>) throws -> Void) throws -> Void
    ) throws {
        let file = try begin(path, permissions: permissions)
        try body { bytes in try file.write(bytes) }
        try file.commit(as: Self.lastComponent(of: path), durable: durable)
    }

    private func begin(_ path: String, permissions: Permissions) throws(ArchiveError) -> AtomicFile {
        try ArchiveEntry.check(path: path, in: rootPath)
        let components = Self.components(of: path)
        let parents = components.dropLast()
        let parent = try openDirectory(parents)
        try refuseWhatCannotBeReplaced(Self.lastComponent(of: path), below: parent.descriptor, path: path)
        return try AtomicFile.create(in: parent, named: shown(parents), permissions: permissions)
    }

    private func refuseWhatCannotBeReplaced(
        _ name: String, below parent: FileDescriptor, path: String
    ) throws(ArchiveError) {
        let kind: SystemCalls.FileKind
        do throws(Errno) { kind = try SystemCalls.status(of: name, below: parent).kind } catch {
            if error == .noSuchFileOrDirectory { return }
            throw .system(operation: "look at", subject: shown([path]), error: error)
        }
        switch kind {
        case .regular: return
        case .symbolicLink: throw inTheWay(shown([path]), "a symbolic link stands where the file is to be written")
        case .directory: throw inTheWay(shown([path]), "a directory stands where the file is to be written")
        case .other: throw inTheWay(shown([path]), "a device, pipe or socket stands where the file is to be written")
        }
    }

    private func inTheWay(_ path: String, _ reason: String) -> ArchiveError {
        .inTheWay(path: path, reason: reason + "; remove it, or choose another directory")
    }

    /// Opens a directory below the root component by component and makes what is absent.
    private func openDirectory(_ components: ArraySlice<String>) throws(ArchiveError) -> OwnedDescriptor {
        var current = try step(into: ".", below: root.descriptor, path: rootPath)
        for index in components.indices {
            let path = shown(components[...index])
            let next = try step(into: components[index], below: current.descriptor, path: path)
            current = next
        }
        return current
    }

    private func step(
        into name: String, below parent: FileDescriptor, path: String
    ) throws(ArchiveError) -> OwnedDescriptor {
        do throws(Errno) {
            do throws(Errno) {
                return OwnedDescriptor(owning: try SystemCalls.openDirectory(name, below: parent, follow: false))
            } catch {
                guard error == .noSuchFileOrDirectory else { throw error }
            }
            do throws(Errno) {
                try SystemCalls.makeDirectory(name, below: parent, bits: directoryPermissions.bits)
            } catch {
                guard error == .fileExists else { throw error }
            }
            return OwnedDescriptor(owning: try SystemCalls.openDirectory(name, below: parent, follow: false))
        } catch {
            switch (try? SystemCalls.status(of: name, below: parent))?.kind {
            case .symbolicLink:
                throw inTheWay(path, "a symbolic link stands where a directory is needed; it is not followed")
            case .regular, .other: throw inTheWay(path, "a file stands where a directory is needed")
            case .directory, nil: throw .system(operation: "open the directory", subject: path, error: error)
            }
        }
    }

    private func shown(_ components: some Sequence<String>) -> String {
        components.reduce(FilePath(rootPath)) { $0.appending($1) }.string
    }

    private static func components(of path: String) -> [String] { path.split(separator: "/").map(String.init) }

    private static func lastComponent(of path: String) -> String { components(of: path).last ?? path }
}
