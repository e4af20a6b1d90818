import Archive
import BundleFormat
import TestSupport
import Testing

struct ISOReaderTests {
    static func refusal(_ image: [UInt8], limits: ReadLimits = .inMemory) -> String {
        let error = #expect(throws: ArchiveError.self) {
            try ISOReader.entries(in: image, subject: "s.iso", limits: limits)
        }
        return error?.description ?? "accepted"
    }

    @Test func refusesWhatIsNoImage() throws {
        #expect(Self.refusal([]) == "s.iso: is empty")
        #expect(Self.refusal([UInt8](repeating: 0, count: 100_000)).hasPrefix("cannot read s.iso: "))
        #expect(Self.refusal(try TarWriter.bytes(of: [.file("x", [1])])).hasPrefix("cannot read s.iso: "))
    }

    @Test func keepsItsLimits() throws {
        let image = try SeedISOTests.image(Samples.seed())
        let cases = [
            (
                ReadLimits(memberCount: 5, memberSize: 1 << 20, totalSize: 1 << 20),
                "the number of members exceeds the limit of 5"
            ),
            (ReadLimits(memberCount: 500, memberSize: 2000, totalSize: 1 << 20), "exceeds the limit of 2000"),
            (
                ReadLimits(memberCount: 500, memberSize: 1 << 20, totalSize: 5000),
                "the size of all members exceeds the limit of 5000"
            ),
            (
                ReadLimits(memberCount: 500, pathLength: 20, memberSize: 1 << 20, totalSize: 1 << 20),
                "the length of the name"
            ),
        ]
        for (limits, message) in cases { #expect(Self.refusal(image, limits: limits).contains(message)) }
    }

    @Test(.needs("genisoimage")) func refusesSymbolicLinksAndReadsOtherImages() throws {
        let scratch = try Scratch()
        _ = try Tool.run("mkdir", ["-p", scratch.file("tree/d")])
        try scratch.write("tree/d/file", Array("text".utf8))
        let arguments = ["-quiet", "-R", "-J", "-V", "cidata", "-o", scratch.file("o.iso"), scratch.file("tree")]
        #expect(try Tool.run("genisoimage", arguments).status == 0)
        let entries = try ISOReader.entries(in: scratch.bytes("o.iso"), subject: "o.iso")
        #expect(entries.map(\.path) == ["d", "d/file"])
        #expect(entries.last?.content == Array("text".utf8))
        _ = try Tool.run("ln", ["-s", "/etc/passwd", scratch.file("tree/link")])
        #expect(try Tool.run("genisoimage", arguments).status == 0)
        #expect(
            Self.refusal(try scratch.bytes("o.iso"))
                == "s.iso: member \"link\" is refused: it is a symbolic link; only files and directories are accepted")
    }

    @Test func noticesTruncation() throws {
        let image = try SeedISOTests.image(Samples.seed())
        for count in stride(from: 0, to: image.count, by: 2048 * 3) {
            #expect(Self.refusal(Array(image[..<count])) != "accepted")
        }
        #expect(Self.refusal(Array(image.dropLast(2048))) != "accepted")
    }
}
