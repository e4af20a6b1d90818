import Archive
public import BundleFormat
import HostSystem
public import Payloads
import Signing
import SystemPackage
public import Unbundling
import Values

/// What became of an import.
public struct ImportOutcome: Sendable {
    /// Where the bundle is; nil while something is missing.
    public internal(set) var path: String?
    /// Of the bundle that was or will be put together.
    public let list: PackingList
    /// How many parts the export has.
    public let count: Int
    /// Files with damaged pieces, by their names; what was whole in them is kept.
    public internal(set) var damaged: [String] = []
    /// Numbers of the parts that are still to be brought, sorted.
    public internal(set) var missingParts: [Int] = []
    /// Blobs that the export left out since they were to be here already, and that are not.
    public internal(set) var missingBlobs: [PackingList.Entry] = []
    /// Bytes of payloads that came into the store, and of those that were there.
    public internal(set) var brought: Int64 = 0
    public internal(set) var present: Int64 = 0
}

/// Puts together what was carried: payloads go into the store, the bundle into a directory, byte for byte what was exported.
///
/// What is missing may come with a later call: whole pieces are kept in the store until then. Nothing has its final name before its bytes
/// have been compared with its digest, so that an import that was killed is simply run again.
public struct Importer: Sendable {
    private let store: PayloadStore
    private let directory: String
    private let bases: [Unbundling.Bundle]
    private let width: Int

    /// - Parameters:
    ///   - directory: where the bundle is written, as `NAME-DIGEST.tar`.
    ///   - bases: bundles that hold what an export left out.
    ///   - threads: how many blobs are copied at a time.
    public init(store: PayloadStore, directory: String, bases: [Unbundling.Bundle], threads: Int) {
        self.store = store
        self.directory = directory
        self.bases = bases
        width = max(1, min(threads, 8))
    }

    /// Those of some files that belong together, and those of other exports: most count, of equally many those named first.
    public static func choose(_ files: [CarriedFile]) -> (chosen: [CarriedFile], foreign: [CarriedFile]) {
        var numbers: [Values.Digest: Set<Int>] = [:]
        for file in files { numbers[file.export, default: []].insert(file.number) }
        let most = numbers.values.map(\.count).max() ?? 0
        guard let first = files.first(where: { numbers[$0.export]?.count == most }) else { return ([], []) }
        return (files.filter { $0.export == first.export }, files.filter { $0.export != first.export })
    }

    /// Takes what these files hold.
    ///
    /// - Parameter files: of one export, at least one.
    /// - Throws: ``CarryingError`` and ``PayloadError`` when this computer is at fault, or what came is no bundle in the end.
    public func run(_ files: [CarriedFile]) throws -> ImportOutcome {
        guard let first = files.first else {
            throw CarryingError.notCarried(file: "nothing", reason: "no file is named")
        }
        let list = first.list
        var outcome = ImportOutcome(list: list, count: first.count)
        let target = FilePath(directory).appending(list.fileName).string
        let hasBundle = isWhole(target, list)
        let lacking = list.payloads.filter { store.location(of: $0.digest)?.size != $0.size }
        outcome.present = (list.payloads.reduce(0) { $0 + $1.size }) - (lacking.reduce(0) { $0 + $1.size })
        if hasBundle, lacking.isEmpty {
            try sign(target, files)
            try StagedImport.discard(first.export, in: store)
            outcome.path = target
            return outcome
        }
        let staging = try StagedImport.open(first.export, in: store)
        let supply = BlobSupply(files: files, staging: staging.directory, bases: bases, store: store)
        try Files.makeDirectory(directory)
        let own = hasBundle ? [] : list.blobs.filter { $0.digest != list.bundle }
        try checkRoom(for: lacking, own, supply, staging.directory)

        let brought = try bring(lacking, supply)
        outcome.brought = brought.reduce(0) { $0 + $1.size }
        var isComplete = brought.count == lacking.count
        if isComplete, !hasBundle { isComplete = try assemble(list, supply, target, files) }
        if isComplete {
            try sign(target, files)
            outcome.path = target
            // Another time nothing of it would be used.
            try staging.remove()
        } else {
            let arrived = Set(brought)
            let missing = lacking.filter { !arrived.contains($0) } + own
            try supply.keep(missing)
            outcome.missingParts = supply.missingParts(of: missing)
            outcome.missingBlobs = missing.filter { !$0.isCarried && !supply.has($0) }
        }
        outcome.damaged = supply.damagedFiles
        return outcome
    }

    /// Copies payloads into the store.
    ///
    /// - Returns: those that are there now.
    private func bring(_ entries: [PackingList.Entry], _ supply: BlobSupply) throws -> [PackingList.Entry] {
        let made = Parallel.results(of: entries.filter(supply.has), width: width) {
            [store] entry -> PackingList.Entry? in
            let path = supply.staging.appending("new-\(entry.digest.hex)")
            try Files.remove(path.string)
            let file = OwnedDescriptor(owning: try Files.createFile(path.string))
            guard try supply.copy(entry, to: file.descriptor, at: 0, named: path.string) else {
                try Files.remove(path.string)
                return nil
            }
            try store.adopt(path, file.descriptor, as: entry.digest)
            return entry
        }
        return try made.compactMap { try $0.get() }
    }

    /// Writes the bundle beside its place, verifies it there, and moves it.
    ///
    /// - Returns: false when a piece turned out to be damaged.
    private func assemble(
        _ list: PackingList, _ supply: BlobSupply, _ target: String, _ files: [CarriedFile]
    ) throws -> Bool {
        guard let index = files.first?.index, let top = list.blobs.last,
            list.blobs.allSatisfy({ $0.digest == list.bundle || supply.has($0) })
        else { return false }
        var output = try TarFile.create(target, modified: list.epoch.secondsSince1970)
        try output.append(ImageLayout.markerPath, CanonicalJSON.encode(ImageLayout.marker))
        for entry in list.blobs {
            if entry.digest == list.bundle {
                try output.append(entry.digest.blobPath, index)
                continue
            }
            let place = output.reserve(entry.size)
            let content = place + TarBlocks.size
            let header = output.blocks.header(entry.digest.blobPath, size: entry.size)
            try RangeCopy.write(header, to: output.descriptor, at: place, named: target)
            guard try supply.copy(entry, to: output.descriptor, at: content, named: target) else { return false }
            try RangeCopy.write(
                TarBlocks.padding(after: entry.size), to: output.descriptor, at: content + entry.size, named: target)
        }
        let layout = BundleLayout.topIndex(of: (top.digest, top.size), named: list.cluster)
        try output.append(ImageLayout.indexPath, layout.encoded)
        try output.end()
        try check(output.temporaryPath, list)
        try output.commit()
        return true
    }

    /// The packing list is somebody's word; this is what counts.
    private func check(_ path: String, _ list: PackingList) throws {
        func refused(_ reason: String) -> CarryingError { .notABundle(cluster: list.cluster, reason: reason) }
        let bundle: Unbundling.Bundle
        do { bundle = try Unbundling.Bundle.open(FilePath(path)) } catch { throw refused("\(error)") }
        let verification = BundleVerifier(bundle, threads: width).run()
        if let failure = verification.failures.first { throw refused("\(failure.subject): \(failure.message)") }
        let own = Set(bundle.ownBlobs)
        for blob in bundle.description.payloadBlobs where !own.contains(blob.digest) {
            guard let location = store.location(of: blob.digest), blob.size.map({ $0 == location.size }) ?? true else {
                throw refused("its packing list lacks \(blob.payload), \(blob.digest)")
            }
        }
    }

    private func isWhole(_ path: String, _ list: PackingList) -> Bool {
        guard Files.exists(path), let bundle = try? Unbundling.Bundle.open(FilePath(path)) else { return false }
        return bundle.bundleDigest == list.bundle && bundle.layoutIndex == list.blobs.last?.digest
            && bundle.store.members.count == list.blobs.count + 2
            && BundleVerifier(bundle, threads: width).run().failureCount == 0
    }

    /// The signatures that came along, beside the bundle.
    private func sign(_ target: String, _ files: [CarriedFile]) throws {
        let signatures = files.first { !$0.signatures.isEmpty }?.signatures ?? []
        for signature in signatures { try SignatureFile(beside: FilePath(target)).add(signature) }
    }

    private func checkRoom(
        for payloads: [PackingList.Entry], _ blobs: [PackingList.Entry], _ supply: BlobSupply, _ staging: FilePath
    ) throws(CarryingError) {
        let here = payloads.filter(supply.has)
        let isComplete = here.count == payloads.count && blobs.allSatisfy(supply.has)
        let pieces = isComplete ? 0 : supply.pieceBytes(of: payloads.filter { !supply.has($0) } + blobs)
        let stored = here.reduce(pieces) { $0 + $1.size }
        let bundle = isComplete ? blobs.reduce(0) { $0 + TarBlocks.member($1.size) } : 0
        let isOneDisk = Files.identity(of: staging.string)?.device == Files.identity(of: directory)?.device
        let needs =
            isOneDisk ? [(staging.string, stored + bundle)] : [(staging.string, stored), (directory, bundle)]
        for (path, needed) in needs {
            if let free = HostFacts.freeSpace(at: path), free < needed {
                throw .noRoom(path: path, needed: needed, free: free)
            }
        }
    }
}
