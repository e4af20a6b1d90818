import Archive
public import BundleFormat
import HostSystem
public import SystemPackage
import Values

/// Brings payloads into the store, several at a time.
public struct Fetcher: Sendable {
    let store: PayloadStore
    /// Relative `file:` addresses start here: the directory of the lock file.
    let base: FilePath
    let environment: [String: String]
    let retries: RetryPolicy
    /// Nil where no registry is asked.
    let images: (any ImageFetching)?

    public init(
        store: PayloadStore, base: FilePath, environment: [String: String], retries: RetryPolicy = .standard,
        images: (any ImageFetching)? = nil
    ) {
        self.store = store
        self.base = base
        self.environment = environment
        self.retries = retries
        self.images = images
    }

    /// Fetches what is not in the store yet; one that fails does not stop the others.
    ///
    /// `report` is called from several threads at once.
    ///
    /// - Returns: the failures, in the order of the payloads.
    public func fetch(
        _ payloads: [LockedPayload], jobs: Int = 4, report: @escaping @Sendable (FetchEvent) -> Void
    ) async -> [PayloadError] {
        let results = await Parallel.results(of: payloads, width: jobs) { payload in
            do throws(PayloadError) {
                report(.started(name: payload.name, size: payload.size))
                report(.finished(name: payload.name, try bring(payload, report)))
            } catch {
                report(.failed(name: payload.name, error))
                throw error
            }
        }
        return results.compactMap { result in
            guard case .failure(let error) = result else { return nil }
            return error as? PayloadError ?? .system(operation: "fetch", path: "a payload", error: .ioError)
        }
    }

    /// Brings one payload. Blocks its thread.
    func bring(_ payload: LockedPayload, _ report: @escaping @Sendable (FetchEvent) -> Void) throws(PayloadError)
        -> FetchOutcome
    {
        guard let address = payload.address else { return try bringMembers(payload, report) }
        if let present = store.location(of: payload.digest) {
            // A digest stands for one size: then the lock file is wrong, not the store.
            try payload.check((payload.digest, present.size))
            return .present
        }
        return try bring(payload, from: address) { report(.progress(name: payload.name, received: $0)) }
    }

    private func bring(
        _ payload: LockedPayload, from address: PayloadAddress, _ progress: (Int64) -> Void
    ) throws(PayloadError) -> FetchOutcome {
        switch address {
        case .file(let path):
            let file = try StoreFiles.openNamed(base.pushing(FilePath(path)))
            defer { try? file.close() }
            _ = try store.add(file, named: path) { (digest, size) throws(PayloadError) in
                try payload.check((digest, size))
            }
            return .copied
        case .https(let address), .http(let address):
            return try Download(store: store, environment: environment, retries: retries).fetch(
                payload, address, progress)
        }
    }

    /// An image's blobs, or packages: those that are not in the store yet.
    private func bringMembers(
        _ payload: LockedPayload, _ report: @escaping @Sendable (FetchEvent) -> Void
    ) throws(PayloadError) -> FetchOutcome {
        let members = payload.members ?? []
        let missing = members.filter { store.location(of: $0.digest)?.size != $0.size }
        // Two names may stand for one blob, so that the sum of what is missing says nothing of what is there.
        var received = members.reduce(0) { $0 + $1.size } - missing.reduce(0) { $0 + $1.size }
        switch payload.source {
        case .address: break
        case .image(let reference):
            guard !missing.isEmpty else { return .present }
            guard let images else { throw .noAddress(name: payload.name, kind: PayloadKind.image.rawValue) }
            let present = received
            try images.fetch(missing, of: payload, reference, into: store) {
                report(.progress(name: payload.name, received: present + $0))
            }
        case .packages:
            let listing = Digest(hashing: PayloadMember.listing(members))
            guard listing == payload.digest else {
                throw .wrongDigest(
                    name: payload.name, address: payload.source.description, expected: payload.digest, found: listing)
            }
            for member in missing {
                guard let address = payload.memberAddresses[member.path] else {
                    throw .noAddress(name: member.path, kind: PayloadKind.deb.rawValue)
                }
                let single = LockedPayload(
                    name: "\(payload.name), \(member.path)", address: address, size: member.size, digest: member.digest)
                let before = received
                _ = try bring(single, from: address) { report(.progress(name: payload.name, received: before + $0)) }
                received += member.size
            }
        }
        return missing.isEmpty ? .present : .fetched
    }
}

extension LockedPayload {
    /// Checks bytes that claim to be the payload.
    func check(_ found: (digest: Digest, size: Int64)) throws(PayloadError) {
        let address = source.description
        guard found.size == size else {
            throw .wrongSize(name: name, address: address, expected: size, found: found.size)
        }
        guard found.digest == digest else {
            throw .wrongDigest(name: name, address: address, expected: digest, found: found.digest)
        }
    }
}

/// What happens while payloads are fetched.
public enum FetchEvent: Sendable {
    case started(name: String, size: Int64?)
    /// Bytes of the payload that are there, whenever fetched.
    case progress(name: String, received: Int64)
    case finished(name: String, FetchOutcome)
    case failed(name: String, PayloadError)
}

/// How a payload came into the store.
public enum FetchOutcome: String, Hashable, Sendable {
    /// It was there.
    case present
    case fetched
    /// A part was there from an earlier run.
    case resumed
    /// Copied from a file.
    case copied
}
