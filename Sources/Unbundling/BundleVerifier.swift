import Archive
import BundleFormat
import HostSystem
import SystemPackage
import Values

/// What a verification found.
public struct Verification: Sendable {
    /// One contradiction.
    public struct Failure: Sendable, Hashable {
        /// The document, blob or file it is about.
        public let subject: String
        public let message: String
    }

    /// How many failures are kept; the rest is counted.
    public static let failureLimit = 20

    /// The first ones.
    public private(set) var failures: [Failure] = []
    /// All of them.
    public private(set) var failureCount = 0
    public internal(set) var blobCount = 0
    public internal(set) var byteCount: Int64 = 0
    /// Open files of machines: anyone can rebuild them.
    public internal(set) var openFileCount = 0
    /// Files that follow from the secrets file. That they are the right ones only a rebuild with that file can tell.
    public internal(set) var ownFileCount = 0
    /// The same files where they are sealed and no key was given: nobody looked at them.
    public internal(set) var sealedFileCount = 0
    /// Payloads that are pinned but not in this bundle; not a failure, a thin bundle has none.
    public internal(set) var absentPayloads: [String] = []
    /// Payloads that no lock file pins, so that nothing vouches for them.
    public internal(set) var unpinnedPayloads: [String] = []

    mutating func fail(_ subject: String, _ message: String) {
        failureCount += 1
        if failures.count < Self.failureLimit {
            failures.append(Failure(subject: printable(subject, limit: 300), message: printable(message, limit: 1000)))
        }
    }
}

/// Looks at every byte of a bundle and lists every contradiction.
///
/// What opening has checked already (documents and their agreement) is not checked again: an opened bundle's documents are the
/// only ones that its description allows. Here follow the tar around them, every blob's bytes, and the files inside.
public struct BundleVerifier {
    private let bundle: Bundle
    private let width: Int
    private var findings = Verification()

    /// - Parameter threads: how many blobs are hashed at a time; what is found is the same for every number.
    public init(_ bundle: Bundle, threads: Int) {
        self.bundle = bundle
        width = max(1, min(threads, 16))
    }

    public consuming func run() -> Verification {
        checkTar()
        checkOrder()
        checkBlobs()
        checkMachines()
        checkOperatorFiles()
        let description = bundle.description
        findings.openFileCount = count { $0 == .open }
        let ownFileCount = count { $0 != .open } + description.operatorFiles.count
        if bundle.secretManifest != nil {
            findings.ownFileCount = ownFileCount
        } else if bundle.sealed != nil {
            findings.sealedFileCount = ownFileCount
        }
        let absent = Set(description.payloadBlobs.filter { bundle.blob($0.digest) == nil }.map(\.payload))
        for payload in description.payloads {
            if payload.digest == nil {
                findings.unpinnedPayloads.append(payload.name)
            } else if absent.contains(payload.name) {
                findings.absentPayloads.append(payload.name)
            }
        }
        return findings
    }

    private func count(_ isCounted: (Exposure) -> Bool) -> Int {
        let counted = bundle.description.files.map { isCounted($0.exposure) ? 1 : 0 }
        return bundle.description.machines.reduce(0) { $0 + $1.files.reduce(0) { $0 + counted[$1] } }
    }

    /// Headers, padding and end of the tar, byte for byte as the writer makes them.
    private mutating func checkTar() {
        do {
            for failure in try TarAudit(bundle).failures() { findings.fail(failure.subject, failure.message) }
        } catch {
            findings.fail(bundle.file, "\(error)")
        }
    }

    /// Every blob has its place, and there is no other.
    private mutating func checkOrder() {
        let store = bundle.store
        let layout = BundleLayout(description: bundle.description)
        let order = bundle.blobOrder
        let mayBeAbsent = Set(order).subtracting(bundle.ownBlobs)
        let known = Set(order)
        var expected = order.filter { digest in
            guard store.place(of: digest) == nil else { return true }
            if !mayBeAbsent.contains(digest) { findings.fail(digest.blobPath, "it is missing") }
            return false
        }[...]
        for member in store.members {
            guard case .blob(let digest) = member.kind else { continue }
            findings.blobCount += 1
            if expected.first == digest {
                expected.removeFirst()
            } else if !known.contains(digest) {
                findings.fail(member.path, "nothing in the bundle refers to it")
            } else {
                findings.fail(member.path, "it stands where \(expected.first?.blobPath ?? "no blob") is expected")
                return
            }
        }
        if store.marker != CanonicalJSON.encode(ImageLayout.marker) {
            findings.fail(ImageLayout.markerPath, "it does not read as Slipway writes it")
        }
        guard let entry = store.index.manifests.first else { return }
        if store.indexBytes != layout.topIndex(of: (entry.digest, entry.size)).encoded {
            findings.fail(ImageLayout.indexPath, "it does not read as Slipway writes it")
        }
    }

    /// Every blob must have the digest it is named after and the size that is said of it; no private key is open to all.
    private mutating func checkBlobs() {
        let store = bundle.store
        var sizes: [Values.Digest: Int64] = [:]
        for blob in bundle.description.payloadBlobs { sizes[blob.digest] = blob.size }
        let open = Set(bundle.publicManifest.layers.map(\.digest))
        for layer in bundle.publicManifest.layers + (bundle.secretManifest?.layers ?? []) {
            sizes[layer.digest] = layer.size
        }
        if let file = bundle.sealed?.file { sizes[file.digest] = file.size }
        let expectedSizes = sizes
        let blobs = store.members.filter { $0.kind != .marker && $0.kind != .index }
        findings.byteCount = blobs.reduce(0) { $0 + $1.size }
        let found = Parallel.compactMap(blobs.count, width: width) { index -> String? in
            guard case .blob(let digest) = blobs[index].kind else { return nil }
            let (place, isOpen) = (blobs[index], open.contains(digest))
            var (hasher, scanner) = (BlobHasher(), PrivateKeyScanner())
            do {
                try store.stream(place) { piece in
                    hasher.update(piece)
                    if isOpen { scanner.look(at: piece) }
                }
            } catch { return "\(error)" }
            let real = hasher.finish()
            if real != digest { return "its bytes have the digest \(real)" }
            if let size = expectedSizes[digest], size != place.size {
                return "it has \(place.size) bytes, expected \(size)"
            }
            return scanner.hasFound ? "a private key stands in the public part" : nil
        }
        for (index, message) in found { findings.fail(blobs[index].path, message) }
    }

    /// Each machine's own files are those that the description lists, and each kind of machine has a seed.
    private mutating func checkMachines() {
        guard bundle.secretManifest != nil else { return }
        let (bundle, machines) = (bundle, bundle.description.machines)
        let found = Parallel.compactMap(machines.count, width: width) { index -> String? in
            do {
                _ = try bundle.ownFiles(ofMachine: index)
                return nil
            } catch { return "\(error)" }
        }
        for (index, message) in found { findings.fail(machines[index].name, message) }
        guard found.isEmpty else { return }
        // Whether an image can be made depends on the paths alone, which are the same for all machines of a kind.
        var kinds: Set<Set<String>> = []
        for machine in machines where kinds.insert(Set(bundle.description.files(of: machine).map(\.path))).inserted {
            do { _ = try bundle.seedImage(of: machine.name) } catch {
                findings.fail("the seed of \(machine.name)", "\(error)")
            }
        }
    }

    private mutating func checkOperatorFiles() {
        do {
            _ = try bundle.operatorFiles()
            try bundle.unsealed?.checkFrame()
        } catch { findings.fail("operator.tar", "\(error)") }
    }
}

/// Looks for the beginning of a PEM or OpenSSH private key in bytes that come in pieces.
private struct PrivateKeyScanner {
    private static let mark = Array("PRIVATE KEY-----".utf8)
    private(set) var hasFound = false
    private var matched = 0

    mutating func look(at piece: Span<UInt8>) {
        let mark = Self.mark
        for index in piece.indices where !hasFound {
            let byte = piece[index]
            if byte == mark[matched] {
                matched += 1
                if matched == mark.count { (hasFound, matched) = (true, 0) }
            } else {
                // No proper prefix of the mark is also a suffix of one, "P" aside.
                matched = byte == mark[0] ? 1 : 0
            }
        }
    }
}
