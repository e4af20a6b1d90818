import Archive
import BundleFormat
import Launching
import Values

extension Subject {
    /// Every document that two programs share. The first byte of an input chooses which.
    static let json = Subject(
        "json",
        tokens: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "\\u001b", "null", "true",
            "false", "-",
            "0", "-0", "1.5", "1e9", "[[[[", "{\"a\":", "\"version\":1", "\"name\":", "\"digest\":", "\"sha256:",
            "\"size\":",
            "\"path\":", "\"mode\":\"0644\"", "\"mode\":\"6755\"", "/../", "\"..\"", "\"/etc/passwd\"", "\n",
            "\u{FEFF}",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "\"files\":", "\"machines\":", "é",
            "e\u{301}", "\u{1B}[2J", "\u{202E}",
        ], limit: 16 << 10,
        seeds: {
            let documents = try SmallBundle.make().documents
            let digest = Digest(hashing: [1])
            let depot = DepotManifest(payloads: [
                DepotPayload(
                    name: "etcd", digest: digest, size: 5,
                    members: [PayloadMember(path: "v3/etcd", digest: digest, size: 4, mode: 0o755)])
            ])
            let record = InstanceRecord(
                cluster: "lab", provider: .nspawn, bundleDigest: digest, login: "k8s", baseTree: "/base",
                isComplete: true,
                machines: ["worker-1": .init(seed: digest, absent: ["kubelet"])], bootFiles: ["kernel": "kernel-1"])
            let state = AppliedState(
                identity: .init(cluster: "lab", machine: "etcd-1", role: .etcd), generation: 3, manifest: digest,
                run: .interrupted, isPending: true, waiting: ["kubelet"],
                drift: [.init(subject: "/etc/a", detail: "changed")],
                units: [.init(subject: "etcd.service", detail: nil)])
            let entry = PackingList.Entry(digest: digest, size: 1, isCarried: true)
            let list = PackingList(
                cluster: "c", epoch: Timestamp(secondsSince1970: 0), bundle: digest, since: nil, partSize: 1 << 30,
                blobs: [entry],
                payloads: [.init(digest: Digest(hashing: [2]), size: 7, isCarried: false, payload: "etcd")])
            let texts = [
                documents.description, documents.launch, documents.machine, CanonicalJSON.encode(depot.json),
                documents.manifest, documents.index, CanonicalJSON.encode(record.json),
                CanonicalJSON.encode(state.json), list.encoded,
                Array(#"{"a":[1,-2,{"b":"x\u00e9\n\ud83d\ude00"}],"c":true,"d":null,"e":"é","f":{"g":[[],{}]}}"#.utf8),
            ]
            return texts.enumerated().map { [UInt8($0.offset)] + $0.element }
        }, reader: { DocumentReading() })
}

/// What is decoded is encoded and decoded again, as the same value.
private final class DocumentReading: Reading {
    private let kinds: [([UInt8]) throws -> Void] = [
        { try same($0, { try BundleDescription(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try LaunchPlan(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try MachineManifest(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try DepotManifest(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try Manifest(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try Index(parsing: $0).encoded }, { $0 }) },
        { try same($0, { try InstanceRecord(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try AppliedState(parsing: $0) }, { CanonicalJSON.encode($0.json) }) },
        { try same($0, { try PackingList(parsing: $0) }, \.encoded) },
        { try same($0, { try JSONParser.parse($0) }, { CanonicalJSON.encode($0) }) },
        // No error, whatever it is: what is no key belongs to the frame.
        { try require(UserData($0).frame.count <= $0.count + 1, "a frame is longer than its document") },
    ]

    func read(_ input: [UInt8]) throws -> Verdict {
        guard let kind = input.first else { return .refused("") }
        do {
            try kinds[Int(kind) % kinds.count](Array(input.dropFirst()))
            return .accepted
        } catch let error as FormatError {
            let text = error.description
            try require(text.utf8.count < 3000, "an error of \(text.utf8.count) bytes")
            try require(
                text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "an error with commands")
            return .refused("\(Int(kind) % kinds.count) \(text)")
        }
    }
}

private func same<Document: Equatable>(
    _ bytes: [UInt8], _ parse: ([UInt8]) throws -> Document, _ encode: (Document) -> [UInt8]
) throws {
    let document = try parse(bytes)
    let encoded = encode(document)
    let again: Document
    do { again = try parse(encoded) } catch {
        throw Finding("what was accepted is refused when it is written again: \(error)")
    }
    try require(again == document && encode(again) == encoded, "written and read again it is another")
}
