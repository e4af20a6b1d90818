import Archive
import BundleFormat
import Foundation
import HostSystem
import Registry
import SystemPackage
import Unbundling
public import Values

/// Brings a bundle from a registry: the file that was pushed, byte for byte, and its signatures.
///
/// What arrives lies beside the target until all of it is there and was verified; a run that was interrupted is gone on with.
public struct BundlePull: Sendable {
    private let reference: BundleReference
    private let client: RegistryClient

    /// Blobs that are fetched at a time.
    private static let width = 6
    /// Attempts in a row that bring nothing new.
    private static let attempts = 4
    private static let signatureLimit = 256 << 10

    /// What was done.
    public struct Summary: Hashable, Sendable {
        public let path: String
        public let bundleDigest: Values.Digest
        /// Blobs that were not there yet.
        public let fetchedBlobs: Int
        public let fetchedBytes: Int64
        /// Whether signatures were brought, too.
        public let isSigned: Bool
    }

    /// - Parameters:
    ///   - mirrors: servers that are asked before the registry.
    ///   - environment: see `RegistryClient`.
    public init(
        _ reference: BundleReference, mirrors: RegistryMirrors, environment: [String: String]
    ) throws(PublishingError) {
        self.reference = reference
        do throws(RegistryError) { client = try RegistryClient(mirrors: mirrors, environment: environment) } catch {
            throw .registry(error)
        }
    }

    /// - Parameters:
    ///   - path: what is written; nil for `CLUSTER-DIGEST.tar` in the working directory.
    ///   - withPayloads: whether payloads that were pushed with it are brought too.
    ///   - admit: is given the bytes of the bundle's index and the texts of the signatures before anything else is fetched; throws when
    ///     the bundle is not to be used.
    public func run(
        to path: String?, withPayloads: Bool, admit: (_ index: [UInt8], _ signatures: [[UInt8]]) throws -> [UInt8]?
    ) throws -> Summary {
        let image = reference.image
        let top = try client.manifest(image, image.digest)
        let signatures = try self.signatures(of: top.digest)
        var accepted: [UInt8]?
        let assembly: BundleAssembly
        do {
            assembly = try BundleAssembly(index: top.bytes, from: Documents(client: client, image: image)) { index in
                accepted = try admit(index, signatures)
            }
        } catch let error as FormatError {
            throw PublishingError.notABundle(reference: "\(reference)", reason: "\(error)")
        }
        let target = path ?? Self.name(of: assembly)
        guard !Files<PublishingError>.exists(target) else { throw PublishingError.inTheWay(path: target) }
        let blobs = assembly.blobs(with: withPayloads ? try payloads(of: top.digest) : [:])
        let parts = try Parts(beside: target)
        let fetched = try parts.fetch(blobs, client, reference, width: Self.width, attempts: Self.attempts)
        try parts.assemble(assembly, as: target, reference)
        if let accepted { try Files<PublishingError>.write(accepted, to: target + ".sig", mode: 0o644) }
        parts.remove()
        return Summary(
            path: target, bundleDigest: assembly.bundleDigest, fetchedBlobs: fetched.count, fetchedBytes: fetched.bytes,
            isSigned: accepted != nil)
    }

    private static func name(of assembly: BundleAssembly) -> String {
        ImageLayout.fileName(
            cluster: assembly.description.name, digest: assembly.bundleDigest, isSealed: assembly.isSealed)
    }

    private func signatures(of digest: Values.Digest) throws(RegistryError) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        for manifest in try client.referrers(of: digest, in: reference.image, type: MediaTypes.signatures) {
            guard let layer = manifest.layers.first, layer.size <= Self.signatureLimit else { continue }
            texts.append(try client.blob(layer.digest, of: reference.image, limit: Self.signatureLimit))
        }
        return texts
    }

    /// All that were ever pushed with it.
    private func payloads(of digest: Values.Digest) throws(RegistryError) -> [Values.Digest: Int64] {
        let manifests = try client.referrers(of: digest, in: reference.image, type: MediaTypes.payloads)
        return Dictionary(manifests.flatMap(\.layers).map { ($0.digest, $0.size) }) { first, _ in first }
    }

    private struct Documents: BundleAssembly.Source {
        let client: RegistryClient
        let image: ImageReference

        func manifest(_ digest: Values.Digest) throws -> [UInt8] { try client.manifest(image, digest).bytes }

        func blob(_ digest: Values.Digest, limit: Int) throws -> [UInt8] {
            try client.blob(digest, of: image, limit: limit)
        }
    }
}

/// The blobs that have arrived, in a directory beside the bundle that is made of them: each under its digest, in part or whole.
private struct Parts: Sendable {
    private let directory: String
    private let target: String

    init(beside target: String) throws(PublishingError) {
        self.target = target
        directory = target + ".parts"
        // Blobs of the secret part are among them.
        try Files<PublishingError>.makeDirectory(directory, mode: 0o700)
    }

    func remove() { try? Files<PublishingError>.remove(directory) }

    private func path(_ digest: Values.Digest) -> String { "\(directory)/\(digest.hex)" }

    /// - Returns: how much was brought by this run.
    func fetch(
        _ blobs: [(digest: Values.Digest, size: Int64)], _ client: RegistryClient, _ reference: BundleReference,
        width: Int, attempts: Int
    ) throws(PublishingError) -> (count: Int, bytes: Int64) {
        let before = blobs.reduce(Int64(0)) { $0 + min($1.size, Files<PublishingError>.size(of: path($1.digest)) ?? 0) }
        let absent = blobs.filter { Files<PublishingError>.size(of: path($0.digest)) != $0.size }
        try Parallel.forEach(blobs.count, width: width) { (index) throws(PublishingError) in
            let (digest, size) = blobs[index]
            let fetching = PartFetch(
                client: client, reference: reference, digest: digest, size: size, path: path(digest),
                attempts: attempts)
            try fetching.run()
        }
        return (absent.count, blobs.reduce(0) { $0 + $1.size } - before)
    }

    /// Puts the bundle together beside its place, verifies it as one that a stranger gave, and moves it there.
    func assemble(_ assembly: BundleAssembly, as target: String, _ reference: BundleReference) throws {
        let file = try AtomicFile.create(
            in: FilePath(directory), permissions: assembly.isSealed ? 0o644 : 0o600)
        try assembly.write(to: file.descriptor, name: target) { digest in
            guard let size = Files<PublishingError>.size(of: path(digest)) else { return nil }
            return (try Files<PublishingError>.openForReading(path(digest)), size)
        }
        try file.commit(as: "bundle.tar")
        let made = "\(directory)/bundle.tar"
        do {
            let bundle = try Unbundling.Bundle.open(FilePath(made))
            let verification = BundleVerifier(bundle, threads: ProcessInfo.processInfo.activeProcessorCount).run()
            if let failure = verification.failures.first {
                throw PublishingError.damaged(
                    reference: "\(reference)", reason: "\(failure.subject): \(failure.message)")
            }
        } catch let error as BundleError {
            throw PublishingError.damaged(reference: "\(reference)", reason: "\(error)")
        } catch let error as ArchiveError {
            throw PublishingError.damaged(reference: "\(reference)", reason: "\(error)")
        }
        guard Files<PublishingError>.hardLink(made, to: target) || !Files<PublishingError>.exists(target) else {
            throw PublishingError.inTheWay(path: target)
        }
        try Files<PublishingError>.rename(made, to: target)
    }
}

/// Brings one blob into its file, however often the connection breaks.
private struct PartFetch {
    let client: RegistryClient
    let reference: BundleReference
    let digest: Values.Digest
    let size: Int64
    let path: String
    let attempts: Int

    func run() throws(PublishingError) {
        var isResumed = Files<PublishingError>.size(of: path) ?? 0 > 0
        while true {
            let file = OwnedDescriptor(owning: try open())
            var part = Part(file: file.descriptor, path: path)
            try part.readPresent(limit: size)
            isResumed = isResumed && part.size > 0
            try complete(&part)
            if part.hasher.finish() == digest, part.size == size { return }
            try Files<PublishingError>.remove(path)
            // What an earlier run left may be of something else: once more, all of it.
            guard isResumed else { throw .wrongBlob(reference: "\(reference)", digest: "\(digest)") }
            isResumed = false
        }
    }

    private func open() throws(PublishingError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: .ownerReadWrite)
        } catch { throw .system(SystemError("write", path, error as? Errno ?? .ioError)) }
    }

    private func complete(_ part: inout Part) throws(PublishingError) {
        var failures = 0
        var furthest = part.size
        while part.size < size {
            let offset = part.size
            let outcome = try client.blob(digest, of: reference.image, from: offset, attempt: failures + 1) {
                (begin) throws(PublishingError) in
                if begin == 0 { try part.empty() }
            } _: { (bytes) throws(PublishingError) in
                guard part.size + Int64(bytes.count) <= size else {
                    throw .wrongBlob(reference: "\(reference)", digest: "\(digest)")
                }
                try part.append(bytes)
            }
            failures = part.size > furthest ? 0 : failures + 1
            furthest = max(furthest, part.size)
            switch outcome {
            case .complete:
                // All that the server has, and not all that the manifest says.
                if part.size < size, offset == 0 { return }
            case .interrupted(let message, let pause):
                guard failures < attempts else {
                    throw .registry(.transfer(address: "\(reference), blob \(digest)", message: message))
                }
                Thread.sleep(forTimeInterval: pause)
            }
            guard failures < attempts else { return }
        }
    }

    /// The file, and what it holds.
    private struct Part {
        let file: FileDescriptor
        let path: String
        var size: Int64 = 0
        var hasher = BlobHasher()

        init(file: FileDescriptor, path: String) { (self.file, self.path) = (file, path) }

        /// What an earlier run left; more than there may be is of something else.
        mutating func readPresent(limit: Int64) throws(PublishingError) {
            do throws(ArchiveError) {
                var hasher = BlobHasher()
                let found = try BlobHasher.digest(of: file, subject: path) { (piece) throws(ArchiveError) in
                    hasher.update(piece)
                }
                (size, self.hasher) = (found.size, hasher)
            } catch { throw .system(SystemError("read", path, .ioError, detail: "\(error)")) }
            if size > limit { try empty() }
        }

        mutating func append(_ bytes: Span<UInt8>) throws(PublishingError) {
            do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.writeAll(toAbsoluteOffset: size, $0) } } catch {
                throw .system(SystemError("write", path, error as? Errno ?? .ioError))
            }
            hasher.update(bytes)
            size += Int64(bytes.count)
        }

        mutating func empty() throws(PublishingError) {
            do { try file.resize(to: 0) } catch {
                throw .system(SystemError("write", path, error as? Errno ?? .ioError))
            }
            (size, hasher) = (0, BlobHasher())
        }
    }
}
