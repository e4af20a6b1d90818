public import SystemPackage
public import Values

/// A file written beside its target and moved there complete: at no instant does the target hold half of it.
///
/// The file is made with mode 0600 and gets its final mode just before it is moved. When it is not committed it is deleted;
/// a killed process leaves a file named `.slipway-*` behind.
public struct AtomicFile<Failure: SystemFailure>: ~Copyable {
    private let directory: OwnedDescriptor
    private let directoryPath: String
    private let temporaryName: String
    private let file: OwnedDescriptor
    private let permissions: Permissions
    private var isPending = true

    private init(
        directory: consuming OwnedDescriptor, directoryPath: String, temporaryName: String,
        file: consuming OwnedDescriptor, permissions: Permissions
    ) {
        self.directory = directory
        self.directoryPath = directoryPath
        self.temporaryName = temporaryName
        self.file = file
        self.permissions = permissions
    }

    deinit {
        if isPending { try? SystemCalls.unlink(temporaryName, below: directory.descriptor) }
    }

    /// Begins a file in an existing directory; `permissions` are those it will have, whatever the umask.
    public static func create(in directory: FilePath, permissions: Permissions = 0o644) throws(Failure)
        -> AtomicFile
    {
        let path = directory.isEmpty ? "." : directory.string
        let opened: FileDescriptor
        do throws(Errno) { opened = try SystemCalls.openDirectory(path, follow: true) } catch {
            throw Failure(SystemError("open the directory", path, error))
        }
        return try create(in: OwnedDescriptor(owning: opened), named: path, permissions: permissions)
    }

    /// Begins a file in an open directory; `path` is what errors call that.
    public static func create(
        in directory: consuming OwnedDescriptor, named path: String, permissions: Permissions
    ) throws(Failure) -> AtomicFile {
        while true {
            let name = ".slipway-" + String(UInt64.random(in: .min ... .max), radix: 36)
            do throws(Errno) {
                let file = try SystemCalls.createFile(name, below: directory.descriptor)
                return AtomicFile(
                    directory: directory, directoryPath: path, temporaryName: name, file: OwnedDescriptor(owning: file),
                    permissions: permissions)
            } catch {
                if error == .fileExists { continue }
                throw Failure(SystemError("create a file in", path, error))
            }
        }
    }

    /// Open for writing; valid until `commit`.
    public var descriptor: FileDescriptor { file.descriptor }

    public func write(_ bytes: [UInt8]) throws(Failure) { try write(bytes.span) }

    public func write(_ bytes: Span<UInt8>) throws(Failure) {
        do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.descriptor.writeAll($0) } } catch {
            throw Failure(SystemError("write to", path(of: temporaryName), error))
        }
    }

    /// Moves the file to its name in the directory.
    ///
    /// `replacing: false` fails when something stands there. `durable` waits until the disk has file and directory; without it
    /// a loss of power may lose the file, but never leaves half of it behind under a crash of the process alone.
    public consuming func commit(as name: String, replacing: Bool = true, durable: Bool = true) throws(Failure) {
        let target = path(of: name)
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != ".." else {
            throw Failure(
                SystemError(
                    "write", target, .invalidArgument, detail: "\"\(printable(name))\" is not the name of a file"))
        }
        do throws(Errno) {
            try SystemCalls.setPermissions(file.descriptor, bits: permissions.bits)
            if durable { try SystemCalls.synchronise(file.descriptor) }
            if replacing {
                try SystemCalls.rename(temporaryName, to: name, below: directory.descriptor)
                isPending = false
            } else {
                // The first name is then removed by deinit.
                try SystemCalls.link(temporaryName, to: name, below: directory.descriptor)
            }
            if durable { try SystemCalls.synchronise(directory.descriptor) }
        } catch {
            throw Failure(SystemError("write", target, error))
        }
    }

    private func path(of name: String) -> String { FilePath(directoryPath).appending(name).string }
}

/// A file descriptor with one owner, closed when the owner goes.
public struct OwnedDescriptor: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init(owning descriptor: FileDescriptor) { self.descriptor = descriptor }

    deinit {
        // Nothing can be done about an error here: what must be on disk has been synchronised before.
        try? descriptor.close()
    }
}
