import Archive
import BundleFormat
import Values

/// Recomputes everything a bundle claims about itself and lists every contradiction.
public struct BundleVerifier {
    private let bundle: Bundle
    private var findings = Verification()
    private var referenced: Set<Values.Digest> = []

    public init(_ bundle: Bundle) { self.bundle = bundle }

    /// Checks every blob's digest and size, every document, and every file of every machine.
    public consuming func run() -> Verification {
        checkTree()
        checkBlobs()
        checkPayloads()
        checkOperatorFiles()
        for machine in bundle.description.machines { check(machine) }
        return findings
    }

    /// Every descriptor must name a blob that is there and has the size it says.
    private mutating func checkTree() {
        check(bundle.store.index.manifests, in: "index.json", optional: [])
        check(
            bundle.index.manifests, in: "the bundle's index", optional: bundle.secretManifest == nil ? ["secret"] : [])
        check([bundle.publicManifest.config] + bundle.publicManifest.layers, in: "the public manifest", optional: [])
        if let secret = bundle.secretManifest {
            check([secret.config] + secret.layers, in: "the secret manifest", optional: [])
        }
        let seeds = Set((bundle.secretManifest?.layers ?? []).compactMap { $0.annotations[AnnotationKeys.machine] })
        for machine in bundle.description.machines where bundle.secretManifest != nil && !seeds.contains(machine.name) {
            findings.fail("the secret manifest", "there is no seed for \(machine.name)")
        }
    }

    private mutating func check(_ descriptors: [Descriptor], in document: String, optional: [String]) {
        for descriptor in descriptors {
            referenced.insert(descriptor.digest)
            let name = descriptor.title ?? descriptor.mediaType
            guard let size = bundle.store.size(of: descriptor.digest) else {
                let part = descriptor.annotations[AnnotationKeys.part]
                if !optional.contains(where: { $0 == part }) {
                    findings.fail(document, "\(name) is missing (\(descriptor.digest))")
                }
                continue
            }
            if size != descriptor.size {
                findings.fail(document, "\(name) has \(size) bytes, the descriptor says \(descriptor.size)")
            }
        }
    }

    /// Every blob must have the digest it is named after.
    private mutating func checkBlobs() {
        for digest in bundle.store.digests {
            findings.blobCount += 1
            do {
                if let found = try bundle.store.recomputedDigest(of: digest), found != digest {
                    findings.fail(digest.blobPath, "its bytes have the digest \(found)")
                }
            } catch {
                findings.fail(digest.blobPath, "\(error)")
            }
        }
    }

    private mutating func checkPayloads() {
        for payload in bundle.description.payloads {
            guard let digest = payload.digest else {
                findings.unpinnedPayloads.append(payload.name)
                continue
            }
            referenced.insert(digest)
            if !bundle.store.contains(digest) { findings.absentPayloads.append(payload.name) }
        }
        for digest in bundle.store.digests where !referenced.contains(digest) {
            findings.fail(digest.blobPath, "nothing in the bundle refers to it")
        }
    }

    /// Reading them refuses names that lead elsewhere, links and damage.
    private mutating func checkOperatorFiles() {
        do { _ = try bundle.operatorFiles() } catch { findings.fail("operator.tar", "\(error)") }
    }

    private mutating func check(_ machine: DescribedMachine) {
        do {
            let open = Dictionary(
                try bundle.openEntries(of: machine.name).compactMap { entry in entry.content.map { (entry.path, $0) } }
            ) { first, _ in first }
            for file in machine.files {
                guard let digest = file.digest else { continue }
                let path = file.path.hasPrefix("/") ? "files" + file.path : "seed/" + file.path
                checkOpen(machine.name, file.path, expected: digest, open[path])
            }
            for (path, bytes) in open where bytes.holdsPrivateKey {
                findings.fail("\(machine.name):\(path)", "a private key stands in the public part")
            }
        } catch {
            findings.fail(machine.name, "\(error)")
        }
        guard bundle.secretManifest != nil else { return }
        do { try checkSeed(machine) } catch { findings.fail("the seed of \(machine.name)", "\(error)") }
    }

    private mutating func checkOpen(
        _ machine: String, _ path: String, expected: Values.Digest, _ bytes: [UInt8]?
    ) {
        findings.fileCount += 1
        guard let bytes else { return findings.fail("\(machine):\(path)", "it is not in the public part") }
        let found = Values.Digest(hashing: bytes)
        if found != expected { findings.fail("\(machine):\(path)", "expected \(expected), found \(found)") }
    }

    /// The seed must hold what the description promises, and agree with the public part where both speak.
    private mutating func checkSeed(_ machine: DescribedMachine) throws {
        let contents = try bundle.contents(of: machine.name)
        let placed = Dictionary(contents.files.map { ($0.path, $0) }) { first, _ in first }
        for file in machine.files {
            let subject = "\(machine.name):\(file.path)"
            guard let content = placed[file.path] else {
                findings.fail(subject, "it is not in the seed")
                continue
            }
            if let digest = file.digest, Values.Digest(hashing: content.bytes) != digest {
                findings.fail(subject, "seed and public part disagree")
            }
            if !DescribedFile.seedDocuments.contains(file.path), content.permissions != file.permissions {
                findings.fail(subject, "its mode is \(file.permissions) here and \(content.permissions) in the seed")
            }
        }
    }
}

extension [UInt8] {
    /// Whether a PEM or OpenSSH private key begins anywhere in the text.
    fileprivate var holdsPrivateKey: Bool {
        let text = String(decoding: self, as: UTF8.self)
        return text.contains("PRIVATE KEY-----")
    }
}
