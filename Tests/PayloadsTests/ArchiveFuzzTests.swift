import Archive
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

/// Archives of payloads that somebody else packed, changed at random: whatever comes, the reader answers within its limits.
///
/// `SLIPWAY_FUZZ` sets the number of inputs, and `SLIPWAY_FUZZ_SEED` where the random numbers begin.
@Suite(.needs("gzip", "python3")) struct ArchiveFuzzTests {
    static let limits = ReadLimits(memberCount: 100, memberSize: 1 << 20, totalSize: 4 << 20)

    /// What fuzzing starts from: tar, the same compressed, zip, a tar with names and modes that try something.
    private func seeds(_ scratch: Scratch) throws -> [[UInt8]] {
        let tar = try TarWriter.bytes(of: [
            .file("v3/README", Array("read me\n".utf8)), .file("v3/etcd", [UInt8](repeating: 7, count: 5000)),
            .file("v3/a/long/" + String(repeating: "n", count: 180), [1]),
        ])
        try scratch.write("a.tar", tar)
        try scratch.write("tree/v3/etcd", [UInt8](repeating: 9, count: 3000))
        try Tool.run("gzip", ["--keep", scratch.file("a.tar")])
        try Tool.run("python3", ["-m", "zipfile", "-c", scratch.file("a.zip"), scratch.file("tree/v3")])
        let script = """
            import sys, tarfile, io
            with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as archive:
                for name, kind, link in [("v3/etcd", b"0", ""), ("../x", b"0", ""), ("l", b"2", "/etc"), ("h", b"1", "l"),
                                         ("d", b"5", ""), ("c", b"3", ""), ("v3/" + "u" * 300 + "\\u00e4", b"0", "")]:
                    member = tarfile.TarInfo(name)
                    member.type, member.linkname, member.mode = kind, link, 0o6755
                    member.size = 700 if kind == b"0" else 0
                    archive.addfile(member, io.BytesIO(b"z" * 700) if kind == b"0" else None)
            """
        try Tool.run("python3", ["-c", script, scratch.file("odd.tar")])
        return try ["a.tar", "a.tar.gz", "a.zip", "odd.tar"].map { try scratch.bytes($0) }
    }

    @Test func anyBytesAreReadOrRefused() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["SLIPWAY_FUZZ"].flatMap { Int($0) } ?? 20_000
        var random = SeededGenerator(seed: environment["SLIPWAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1)
        let scratch = try Scratch()
        let seeds = try seeds(scratch)
        let file = try FileDescriptor.open(
            scratch.filePath("input"), .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
        defer { try? file.close() }
        let clock = ContinuousClock()
        var (accepted, slowest) = (0, Duration.zero)
        for _ in 0..<count {
            let input = mutated(seeds, &random)
            try file.resize(to: 0)
            _ = try unsafe input.withUnsafeBytes { try unsafe file.writeAll(toAbsoluteOffset: 0, $0) }
            let names: Set<String>? = Bool.random(using: &random) ? nil : ["v3/etcd"]
            let start = clock.now
            var (members, total) = (0, Int64(0))
            do {
                try ArchiveMembers.extract(names, from: file, subject: "fuzz", limits: Self.limits) { member, content in
                    members += 1
                    #expect(!member.path.hasPrefix("/") && !member.path.split(separator: "/").contains(".."))
                    try content { total += Int64($0.count) }
                }
                accepted += 1
            } catch {
                #expect(error is ArchiveError, "\(error)")
            }
            let time = clock.now - start
            slowest = max(slowest, time)
            #expect(time < .seconds(2) && members <= 100 && total <= 4 << 20)
        }
        print("\(count) archives: \(accepted) read, the others refused; the slowest took \(slowest)")
        #expect(accepted > 0 && accepted < count)
    }

    @Test func anArchiveIsCompressedOnce() throws {
        let scratch = try Scratch()
        try scratch.write("a.tar", try TarWriter.bytes(of: [.file("a", [1])]))
        try Tool.run("gzip", ["--keep", scratch.file("a.tar")])
        try scratch.write("twice", try scratch.bytes("a.tar.gz"))
        try Tool.run("gzip", ["--keep", scratch.file("twice")])
        let read = { (name: String) throws in
            let file = try FileDescriptor.open(scratch.filePath(name), .readOnly)
            defer { try? file.close() }
            try ArchiveMembers.extract(nil, from: file, subject: "a", limits: .payload) { _, _ in }
        }
        try read("a.tar.gz")
        let error = #expect(throws: ArchiveError.self) { try read("twice.gz") }
        #expect(error?.description.contains("how often it is compressed") == true, "\(error as Any)")
    }

    private func mutated(_ seeds: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = seeds[Int.random(in: seeds.indices, using: &random)]
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            guard bytes.count > 1 else { break }
            let at = Int.random(in: bytes.indices, using: &random)
            let end = min(bytes.count, at + Int.random(in: 1...600, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[at] = .random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(at..<end)
            case 3: bytes.insert(contentsOf: bytes[at..<end], at: 0)
            case 4: bytes.append(contentsOf: bytes[at..<end])
            case 5: bytes.removeLast(bytes.count - at)
            // Numbers that headers are proud of: in octal, in base 256, all ones.
            case 6:
                for index in at..<min(end, at + 12) {
                    bytes[index] = [0x37, 0x80, 0xFF].randomElement(using: &random) ?? 0
                }
            default:
                let other = seeds[Int.random(in: seeds.indices, using: &random)]
                bytes.replaceSubrange(at..<end, with: other.prefix(512))
            }
        }
        return bytes
    }
}
