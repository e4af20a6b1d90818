import Archive
import BundleFormat
import Foundation
import TestSupport
import Testing
import Unbundling
import Values

/// Files that somebody made who means no good, and bundles that nobody vouches for: refused, and nothing of them has come in.
@Suite("refused imports", .serialized) struct RefusalTests {
    let carriage: Carriage
    let island: Island
    let disk: Scratch

    init() throws {
        carriage = try Carriage.shared.get()
        island = try Island()
        disk = try Scratch(inMemory: true)
    }

    // MARK: Hostile files

    enum Attack: String, CaseIterable, Sendable {
        case pathUp, absolutePath, strangeName, anotherBlob, twice, listOfAnother, sizeInList, digestInList, hugeSize,
            manyParts
        case numberTooHigh, numberTwice, lessPayload, otherOrder, contentOfAnother
        case appended, appendedZeros, emptied, noTar, twoEntries

        /// Part of the reason that a person reads.
        var reason: String {
            switch self {
            case .pathUp: "it has a component"
            case .absolutePath: "it is absolute"
            case .strangeName: "has no place in an OCI layout"
            case .anotherBlob, .otherOrder: "something else than its manifest names, or in another order"
            case .twice: "it occurs twice"
            case .listOfAnother: "its packing list is of another bundle"
            case .sizeInList, .digestInList, .numberTwice: "its manifest is not that of part 1 of its packing list"
            case .hugeSize: "is not between 0 and 8589934591"
            case .manyParts, .lessPayload: "pieces, its packing list"
            case .numberTooHigh: "it is part 7 of 1"
            case .contentOfAnother: "is damaged"
            case .appended: "something follows the end"
            case .appendedZeros: "something was appended or cut off"
            case .emptied: "is empty"
            case .noTar: "is not a tar archive"
            case .twoEntries: "its index.json names 2 things"
            }
        }
    }

    @Test("a part that was tampered with, made consistent again as far as that can be done", arguments: Attack.allCases)
    func tampered(_ attack: Attack) throws {
        let files = try carriage.export("old.tar", to: disk.file("ha.tar"), "--split", "1GiB")
        var part = try Part(disk.bytes("ha.1-of-1.tar"))
        var bytes: [UInt8]?
        switch attack {
        case .pathUp: bytes = try part.tar(adding: ("../../escaped", [1]))
        case .absolutePath: bytes = try part.tar(adding: ("/tmp/escaped", [1]))
        case .strangeName: bytes = try part.tar(adding: ("blobs/sha256/README", [1]))
        case .anotherBlob: bytes = try part.tar(adding: (Digest(hashing: [9]).blobPath, [9]))
        case .twice: bytes = try part.tar(adding: part.members[1])
        case .listOfAnother:
            let other = try carriage.export("other.tar", to: disk.file("other.tar"), "--split", "1GiB")
            part.replace(
                1, with: try Part(disk.bytes(URL(fileURLWithPath: other[0]).lastPathComponent)).members[1].bytes)
        case .sizeInList: part.change(1) { $0.replacingFirst(/"size":(1[0-9]{6})/, with: "\"size\":1000000") }
        case .digestInList:
            part.change(1) { $0.replacingFirst(/sha256:[0-9a-f]{64}/, with: "\(Digest(hashing: [7]))") }
        case .hugeSize:
            part.change(1) { $0.replacingFirst(/"size":(1[0-9]{6})/, with: "\"size\":9223372036854775807") }
        case .manyParts: part.change(1) { $0.replacingFirst(/"partSize":[0-9]+/, with: "\"partSize\":60000") }
        case .numberTooHigh: part.change(part.manifest) { $0.replacingFirst(/part":"1"/, with: "part\":\"7\"") }
        case .numberTwice: part.change(part.manifest) { $0.replacingFirst(/part":"1"/, with: "part\":\"01\"") }
        case .lessPayload:
            // The list and all that names it say nothing of the last payload.
            part.change(1) { $0.replacingFirst(/,\{[^{}]*\}\],"since|,\{[^{}]*\}\],"version/, with: "],\"version") }
        case .otherOrder: part.members.swapAt(3, 4)
        case .contentOfAnother: part.members[3].bytes[0] ^= 1
        case .appended: bytes = try part.tar() + Array("more".utf8)
        case .appendedZeros: bytes = try part.tar() + [UInt8](repeating: 0, count: 512)
        case .emptied: bytes = []
        case .noTar: bytes = Array("not a tar".utf8)
        case .twoEntries:
            part.members[part.members.count - 1].bytes = Array(
                String(decoding: part.members[part.members.count - 1].bytes, as: UTF8.self).replacing(
                    /"manifests":\[(\{.*\})\]/, with: { "\"manifests\":[\($0.1),\($0.1)]" }
                ).utf8)
        }
        try disk.write("bad.tar", try bytes ?? part.tar())
        let outcome = try island.imports([disk.file("bad.tar")])
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.errors.contains(attack.reason), "\(attack): \(outcome.errors)")
        #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.utf8.count < 3000, "\(outcome.errors)")
        #expect(island.scratch.files(below: "out").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/escaped") && !island.scratch.exists("escaped"))
        // Only blobs that are what they are called have come in, if any.
        #expect(try island.run("store", ["verify"]).status == 0)
        #expect(try island.imports(files).status == 0)
        try island.expect("old.tar", of: carriage)
    }

    @Test("what is no export is told so", arguments: ["missing", "directory", "text"]) func others(_ kind: String)
        throws
    {
        if kind == "text" { try disk.write("x", "hello\n") }
        if kind == "directory" {
            try FileManager.default.createDirectory(atPath: disk.file("x"), withIntermediateDirectories: true)
        }
        let outcome = try island.imports([disk.file("x")])
        #expect(outcome.status == 1 && outcome.errors.contains(disk.file("x")), "\(outcome.transcript)")
        island.expectNothing()
    }

    // MARK: Signatures

    @Test(
        "signatures travel with one file and with parts; where signers are named, one of them must have signed each part",
        .needs(.sshKeygen))
    func signed() throws {
        for key in ["maker", "stranger"] {
            _ = try Tool.sshKeygen.run(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", disk.file(key)])
        }
        try disk.write("allowed", "maker@example.org \(try disk.read("maker.pub"))")
        try FileManager.default.copyItem(atPath: carriage.path("old.tar"), toPath: disk.file("old.tar"))
        let unsigned = try export("unsigned")
        try sign("stranger")
        let strange = try export("strange")
        try sign("maker")
        let good = try export("good")
        let allowed = ["--allowed-signers", disk.file("allowed")]

        for (files, reason) in [(unsigned, "is not signed"), (strange, "nobody whom")] {
            for files in [[files[0]], Array(files[1...])] {
                let outcome = try island.run("import", files + allowed)
                #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(outcome.transcript)")
                island.expectNothing()
            }
        }
        for files in [[good[0]], Array(good[1...])] {
            let island = try Island()
            let outcome = try island.run("import", files + allowed)
            #expect(
                outcome.status == 0 && outcome.errors.contains("signed by maker@example.org"), "\(outcome.transcript)")
            try island.expect("old.tar", of: carriage)
            let bundle = try #require(try island.scratch.names("out").first { $0.hasSuffix(".tar") })
            #expect(try island.scratch.bytes("out/\(bundle).sig") == disk.bytes("old.tar.sig"))
            #expect(try Carriage.slipway(["verify", island.scratch.file("out/\(bundle)")] + allowed).status == 0)
        }
        // Of the same export, but without its signature: the others are used.
        let outcome = try island.run("import", [unsigned[1]] + good[2...] + allowed)
        #expect(outcome.status == 1 && outcome.errors.contains("bring part 1 of"), "\(outcome.transcript)")
        #expect(try island.run("import", [good[1]] + allowed).status == 0)
        try island.expect("old.tar", of: carriage)
    }

    /// One file, then parts.
    private func export(_ name: String) throws -> [String] {
        var files: [String] = []
        for options in [[], ["--split", "1MiB"]] {
            let outcome = try Carriage.slipway(
                [
                    "export", disk.file("old.tar"), disk.file("\(name).tar"), "--store", carriage.path("store"),
                    "--format", "json",
                ] + options)
            try Carriage.succeed(outcome)
            files += try JSONDecoder().decode(Carriage.Exported.self, from: Data(outcome.output.utf8)).files.map(\.path)
        }
        return files
    }

    private func sign(_ key: String) throws {
        try Carriage.succeed(Carriage.slipway(["sign", disk.file("old.tar"), "--key", disk.file(key)]))
    }
}

/// The members of a part, to be changed and packed again with the digests that follow.
private struct Part {
    var members: [(path: String, bytes: [UInt8])]
    private let modified: Int64

    init(_ tar: [UInt8]) throws {
        let entries = try TarReader.entries(in: tar, subject: "part")
        members = entries.map { ($0.path, $0.content ?? []) }
        modified = entries.first?.modified ?? 0
    }

    /// The number of the manifest.
    var manifest: Int { members.count - 2 }

    /// Packs by hand what the writer refuses to write.
    func tar(adding extra: (path: String, bytes: [UInt8])? = nil) throws -> [UInt8] {
        var tar = try TarWriter.bytes(of: members.map { try .file($0.path, $0.bytes, modified: modified) })
        guard let extra else { return tar }
        let blocks = try TarBlocks(epoch: modified)
        let member =
            blocks.header(extra.path, size: Int64(extra.bytes.count)) + extra.bytes
            + TarBlocks.padding(after: Int64(extra.bytes.count))
        tar.insert(contentsOf: member, at: tar.count - Int(TarBlocks.endSize))
        return tar
    }

    mutating func change(_ number: Int, _ body: (String) -> String) {
        replace(number, with: Array(body(String(decoding: members[number].bytes, as: UTF8.self)).utf8))
    }

    /// Exchanges a document; what names it, manifest and index.json, follows.
    mutating func replace(_ number: Int, with bytes: [UInt8]) {
        let (old, new) = (members[number].path.suffix(64), Digest(hashing: bytes).hex)
        let (before, after) = ("\(members[number].bytes.count)", "\(bytes.count)")
        members[number] = ("blobs/sha256/\(new)", bytes)
        guard number < members.count - 1 else { return }
        let next = number < manifest ? manifest : members.count - 1
        let text = String(decoding: members[next].bytes, as: UTF8.self).replacing(old, with: new).replacing(
            "\"size\":\(before)", with: "\"size\":\(after)")
        if next == members.count - 1 {
            members[next].bytes = Array(text.utf8)
        } else {
            replace(next, with: Array(text.utf8))
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ pattern: some RegexComponent, with text: String) -> String {
        replacing(pattern, with: text, maxReplacements: 1)
    }
}
