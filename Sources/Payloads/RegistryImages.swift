import Archive
public import BundleFormat
import Foundation
import HostSystem
import Registry
import Synchronization
import SystemPackage
public import Values

/// Brings container images from registries into the store.
///
/// A layer that several images have is fetched once: whoever comes second waits for the first and finds it there.
public struct RegistryImages: ImageFetching {
    /// What keeps anything from being asked counts once an image is wanted.
    private let opened: Result<RegistryClient, RegistryError>
    private let retries: RetryPolicy

    /// Layers of one image that are fetched at a time.
    private static let width = 3

    /// - Parameter environment: see ``RegistryClient``.
    public init(mirrors: RegistryMirrors, environment: [String: String], retries: RetryPolicy = .standard) {
        opened = Result { () throws(RegistryError) in
            try RegistryClient(mirrors: mirrors, environment: environment, attempts: retries.attempts)
        }
        self.retries = retries
    }

    public func pin(
        _ reference: ImageReference, for architecture: Architecture, named name: String, into store: PayloadStore,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError) -> PinnedMembers {
        let image: RegistryImage
        do throws(RegistryError) { image = try opened.get().image(reference, for: architecture) } catch {
            throw .registry(name: name, error)
        }
        // Empty layers are one blob several times.
        var members: [PayloadMember] = []
        let manifest = (digest: image.digest, size: Int64(image.manifest.count))
        for blob in [manifest] + ([image.config] + image.layers).map({ (digest: $0.digest, size: $0.size) })
        where !members.contains(where: { $0.digest == blob.digest }) {
            members.append(
                PayloadMember(path: blob.digest.blobPath, digest: blob.digest, size: blob.size, mode: 0o644))
        }
        try store.add(image.manifest, as: image.digest)
        try store.add(image.configuration, as: image.config.digest)
        try fetch(
            members.filter { store.location(of: $0.digest)?.size != $0.size }, manifest: image.digest, named: name,
            reference, into: store, progress)
        return PinnedMembers(
            digest: image.digest, members: members, verified: reference.digest == nil ? .firstUse : .name)
    }

    public func digest(
        of reference: ImageReference, for architecture: Architecture, named name: String
    ) throws(PayloadError) -> Digest? {
        do throws(RegistryError) { return try opened.get().image(reference, for: architecture).digest } catch {
            throw .registry(name: name, error)
        }
    }

    public func fetch(
        _ members: [PayloadMember], of payload: LockedPayload, _ reference: ImageReference, into store: PayloadStore,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError) {
        try fetch(members, manifest: payload.digest, named: payload.name, reference, into: store, progress)
    }

    private func fetch(
        _ members: [PayloadMember], manifest: Digest, named name: String, _ reference: ImageReference,
        into store: PayloadStore, _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError) {
        let received = ReceivedBytes(members.count)
        try Parallel.forEach(members.count, width: Self.width) { (index) throws(PayloadError) in
            let member = members[index]
            try bring(member, isManifest: member.digest == manifest, named: name, reference, into: store) {
                progress(received.set(index, to: $0))
            }
        }
    }

    /// What is there of each member. Its owner hands it to several threads.
    private final class ReceivedBytes: Sendable {
        private let bytes: Mutex<[Int64]>

        init(_ count: Int) { bytes = Mutex(Array(repeating: 0, count: count)) }

        /// - Returns: the sum.
        func set(_ index: Int, to count: Int64) -> Int64 {
            bytes.withLock { bytes in
                bytes[index] = count
                return bytes.reduce(0, +)
            }
        }
    }

    private func bring(
        _ member: PayloadMember, isManifest: Bool, named name: String, _ reference: ImageReference,
        into store: PayloadStore, _ progress: (Int64) -> Void
    ) throws(PayloadError) {
        if isManifest {
            let bytes: [UInt8]
            do throws(RegistryError) { bytes = try opened.get().manifest(reference, member.digest).bytes } catch {
                throw .registry(name: name, error)
            }
            try store.add(bytes, as: member.digest)
            return progress(Int64(bytes.count))
        }
        var partial = try PartialFile.open(store.partials.appending(member.digest.hex))
        if let present = store.location(of: member.digest), present.size == member.size {
            partial.remove()
            return progress(member.size)
        }
        var isResumed = partial.size > 0
        if partial.size > member.size { try partial.empty() }
        while true {
            try complete(&partial, member, named: name, reference, progress)
            let found = try partial.digest()
            if found.digest == member.digest { return try partial.adopt(into: store, as: member.digest) }
            // What an earlier run left may be of something else: once more, all of it.
            guard isResumed else {
                partial.remove()
                throw .registry(
                    name: name,
                    .wrongDigest(address: "\(reference)", expected: member.digest, found: found.digest))
            }
            isResumed = false
            try partial.empty()
        }
    }

    /// Asks for the rest until the file has its size.
    private func complete(
        _ partial: inout PartialFile, _ member: PayloadMember, named name: String, _ reference: ImageReference,
        _ progress: (Int64) -> Void
    ) throws(PayloadError) {
        let client: RegistryClient
        do throws(RegistryError) { client = try opened.get() } catch { throw .registry(name: name, error) }
        let address = "\(reference), blob \(member.digest)"
        var failures = 0
        var furthest = partial.size
        while partial.size < member.size {
            let offset = partial.size
            let outcome: RegistryClient.BlobOutcome
            do throws(PayloadError) {
                outcome = try client.blob(member.digest, of: reference, from: offset, attempt: failures + 1) {
                    (begin) throws(PayloadError) in
                    if begin == 0, partial.size > 0 { try partial.empty() }
                } _: { (bytes) throws(PayloadError) in
                    let received = partial.size + Int64(bytes.count)
                    guard received <= member.size else {
                        throw .wrongSize(name: name, address: address, expected: member.size, found: received)
                    }
                    try partial.append(bytes)
                    progress(received)
                }
            } catch {
                if case .registry(_, let reason) = error { throw .registry(name: name, reason) }
                if case .wrongSize = error { partial.remove() }
                throw error
            }
            failures = partial.size > furthest ? 0 : failures + 1
            furthest = max(furthest, partial.size)
            switch outcome {
            case .complete:
                guard partial.size < member.size else { return }
                // All that the server has, and not all that the manifest says.
                guard offset > 0 else {
                    throw .wrongSize(name: name, address: address, expected: member.size, found: partial.size)
                }
                try partial.empty()
            case .interrupted(let message, let pause):
                guard failures < retries.attempts else {
                    throw .transfer(name: name, address: address, message: message)
                }
                Thread.sleep(forTimeInterval: pause * retries.pause / RetryPolicy.standard.pause)
            }
            guard failures < retries.attempts else {
                throw .transfer(
                    name: name, address: address, message: "it ends after \(furthest) of \(member.size) bytes")
            }
        }
    }
}
