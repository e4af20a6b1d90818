import Archive
public import BundleFormat
import Foundation
import HostSystem
import SystemPackage
public import Values

/// What lies in a store, for those who keep house: which blobs, what names them, and whether they are what they are called.
extension PayloadStore {
    /// A blob in the store.
    public struct StoredBlob: Hashable, Sendable {
        public let digest: Digest
        /// Bytes.
        public let size: Int64
    }

    /// Every blob, sorted by digest; what lies among them under another name is nobody's and is left alone.
    public func contents() throws(PayloadError) -> [StoredBlob] {
        try names(in: blobs).compactMap { name in
            guard let digest = try? Digest(hex: name), let location = location(of: digest) else { return nil }
            return StoredBlob(digest: digest, size: location.size)
        }.sorted { $0.digest < $1.digest }
    }

    /// What is half fetched: how many files, and their bytes; with the bytes of what is half imported.
    public func unfinished() throws(PayloadError) -> (count: Int, size: Int64) {
        let sizes = try names(in: partials).compactMap { StoreFiles.size(partials.appending($0)) }
        return (sizes.count, sizes.reduce(unfinishedImports, +))
    }

    /// Reads every blob and compares it with its name.
    ///
    /// - Parameter removing: takes damaged ones away, so that they are fetched again.
    /// - Returns: the damaged ones, in order.
    public func verify(
        removing: Bool, jobs: Int = 2, _ progress: @escaping @Sendable (StoredBlob) -> Void = { _ in }
    ) async throws(PayloadError) -> [StoredBlob] {
        let all = try contents()
        let results = await Parallel.results(of: all, width: jobs) { blob in
            defer { progress(blob) }
            do throws(PayloadError) {
                try location(of: blob.digest)?.check(blob.digest, of: blob.digest.hex)
                return true
            } catch {
                guard case .damaged = error else { throw error }
                if removing { StoreFiles.remove(path(of: blob.digest)) }
                return false
            }
        }
        var damaged: [StoredBlob] = []
        for (blob, result) in zip(all, results) {
            switch result {
            case .success(let isWhole): if !isWhole { damaged.append(blob) }
            case .failure(let error):
                throw error as? PayloadError ?? .system(operation: "read", path: blob.digest.hex, error: .ioError)
            }
        }
        return damaged
    }

    /// Removes every blob that no lock file names, and, unless something is being fetched into it, what is half fetched.
    ///
    /// - Parameter isDry: says what would go, and removes nothing.
    /// - Returns: the blobs that went, and the bytes of half-fetched files that went.
    public func prune(
        keeping locks: [Lock], isDry: Bool
    ) throws(PayloadError) -> (blobs: [StoredBlob], unfinished: Int64) {
        let kept = Set(locks.flatMap(\.payloads).flatMap { [$0.digest] + ($0.members ?? []).map(\.digest) })
        let gone = try contents().filter { !kept.contains($0.digest) }
        if !isDry { for blob in gone { StoreFiles.remove(path(of: blob.digest)) } }
        var bytes: Int64 = 0
        for name in try names(in: partials) {
            let path = partials.appending(name)
            guard let size = StoreFiles.size(path), StoreFiles.isUnlocked(path) else { continue }
            bytes += size
            if !isDry { StoreFiles.remove(path) }
        }
        return (gone, try bytes + pruneImports(isDry: isDry))
    }

    private func names(in directory: FilePath) throws(PayloadError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted() } catch {
            throw .unreadable(path: directory.string, error: .ioError)
        }
    }
}

/// What a fetch has to bring, told before anything is asked of anybody.
public struct FetchNeed: Hashable, Sendable {
    /// Bytes that the store has.
    public let present: Int64
    /// Bytes that are still to come.
    public let missing: Int64

    /// A blob that several payloads share counts once.
    public init(_ payloads: [LockedPayload], in store: PayloadStore) {
        var blobs: [Digest: Int64] = [:]
        for payload in payloads {
            if payload.address != nil {
                blobs[payload.digest] = payload.size
            } else {
                for member in payload.members ?? [] { blobs[member.digest] = member.size }
            }
        }
        var (present, missing): (Int64, Int64) = (0, 0)
        for (digest, size) in blobs {
            if store.location(of: digest) != nil {
                present += size
            } else {
                let begun = StoreFiles.size(store.partials.appending(digest.hex)) ?? 0
                present += min(begun, size)
                missing += max(size - begun, 0)
            }
        }
        (self.present, self.missing) = (present, missing)
    }

    /// Refuses a disk that cannot hold what is missing.
    ///
    /// - Parameter free: bytes that the store's file system has; nil when nobody knows.
    /// - Throws: ``PayloadError/noRoom(path:needed:free:)``
    public func check(free: Int64?, in store: PayloadStore) throws(PayloadError) {
        guard let free, free < missing else { return }
        throw .noRoom(path: store.root.string, needed: missing, free: free)
    }
}
