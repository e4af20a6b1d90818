import HostSystem
public import SystemPackage
public import Values

/// Where one import keeps what it has of an export until all of it is there: a directory of the store, which nobody else reads. It holds
/// pieces of a bundle's secret part too.
///
/// One import works on a store at a time; the lock goes with the process however it ends.
public struct StagedImport: ~Copyable {
    public let directory: FilePath
    private let lock: OwnedDescriptor

    /// Begins or goes on with an import; waits for another process that is at one.
    ///
    /// - Parameter name: tells exports apart.
    public static func open(_ name: Digest, in store: PayloadStore) throws(PayloadError) -> StagedImport {
        try Files.makeDirectory(store.imports.string, mode: 0o700)
        let lock = OwnedDescriptor(owning: try StoreFiles.openLocked(store.imports.appending("lock")))
        let directory = store.imports.appending(name.hex)
        try Files.makeDirectory(directory.string, mode: 0o700)
        return StagedImport(directory: directory, lock: lock)
    }

    /// Takes away what an import left that ended when all had its place and this was not gone yet.
    public static func discard(_ name: Digest, in store: PayloadStore) throws(PayloadError) {
        guard StoreFiles.isDirectory(store.imports.appending(name.hex)) else { return }
        try open(name, in: store).remove()
    }

    private init(directory: FilePath, lock: consuming OwnedDescriptor) {
        self.directory = directory
        self.lock = lock
    }

    /// Takes the directory away, when everything has its place.
    public consuming func remove() throws(PayloadError) { try Files.remove(directory.string) }
}

extension PayloadStore {
    var imports: FilePath { root.appending("import") }

    /// Takes unfinished imports away, unless one is being worked on.
    ///
    /// - Returns: their bytes.
    func pruneImports(isDry: Bool) throws(PayloadError) -> Int64 {
        guard StoreFiles.isDirectory(imports) else { return 0 }
        let lock = imports.appending("lock")
        guard !StoreFiles.exists(lock) || StoreFiles.isUnlocked(lock) else { return 0 }
        let size = unfinishedImports
        if !isDry { try Files.remove(imports.string) }
        return size
    }

    /// Bytes that unfinished imports have brought and that have no place yet.
    var unfinishedImports: Int64 {
        Files.files(below: imports.string).reduce(0) { $0 + (StoreFiles.size(imports.appending($1)) ?? 0) }
    }
}
