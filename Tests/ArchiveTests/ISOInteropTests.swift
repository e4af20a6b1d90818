import Archive
import BundleFormat
import Testing
import Values

/// Asks the programs that will read a seed.
struct ISOInteropTests {
    static func made() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("seed.iso", try SeedISOTests.image(Samples.seed()))
        return scratch
    }

    @Test(.enabled(if: Tool.isUsable("isoinfo"))) func isoinfoListsExactNames() throws {
        let scratch = try Self.made()
        for flag in ["-R", "-J"] {
            let result = try Tool.run("isoinfo", ["-f", flag, "-i", scratch.file("seed.iso")], in: scratch)
            let listed = Set(result.output.split(separator: "\n").map { String($0.dropFirst()) })
            for entry in try Samples.seed() { #expect(listed.contains(entry.path), "\(flag) \(entry.path)") }
            #expect(listed.count == (try Samples.seed()).count + 9, "\(flag)")
        }
        let listing = try Tool.run("isoinfo", ["-l", "-R", "-i", scratch.file("seed.iso")], in: scratch).output
        #expect(listing.contains(try Regex(#"-rw-------\s+1\s+0\s+0\s+2048 Jan  1 2026 \[\s+\d+ 00\]\s+key\.pem"#)))
        #expect(listing.contains(try Regex(#"drwx------\s+1\s+0\s+0\s+2048 Jan  1 2026 \[\s+\d+ 02\]\s+empty"#)))
    }

    @Test(.enabled(if: Tool.isUsable("isoinfo")), arguments: ["-R", "-J"])
    func isoinfoReadsContent(_ flag: String) throws {
        let scratch = try Self.made()
        for entry in try Samples.seed() {
            guard let content = entry.content, content.allSatisfy({ $0 < 0x80 }) else { continue }
            let result = try Tool.run(
                "isoinfo", [flag, "-i", scratch.file("seed.iso"), "-x", "/" + entry.path], in: scratch)
            #expect(result.output == String(decoding: content, as: UTF8.self), "\(entry.path)")
        }
    }

    @Test(.enabled(if: Tool.isUsable("xorriso"))) func xorrisoExtractsEverything() throws {
        let scratch = try Self.made()
        let result = try Tool.run(
            "xorriso", ["-osirrox", "on", "-indev", scratch.file("seed.iso"), "-extract", "/", scratch.file("tree")],
            in: scratch)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("Volume id    : 'cidata'"), "\(result.errors)")
        for problem in ["WARNING", "SORRY", "FAILURE", "FATAL"] {
            #expect(!result.errors.contains(problem), "\(result.errors)")
        }
        for entry in try Samples.seed() {
            guard let content = entry.content else { continue }
            #expect(try scratch.bytes("tree/" + entry.path) == content, "\(entry.path)")
            #expect(try scratch.mode("tree/" + entry.path) == Int(entry.permissions.bits), "\(entry.path)")
        }
    }

    @Test(.enabled(if: Tool.isUsable("blkid"))) func blkidSeesTheLabel() throws {
        let scratch = try Self.made()
        let result = try Tool.run("blkid", ["-p", "-o", "export", scratch.file("seed.iso")], in: scratch)
        #expect(result.output.contains("\nLABEL=cidata\n"))
        #expect(result.output.contains("TYPE=iso9660\n"))
        #expect(result.output.contains("2026-01-01-00-00-00-00"))
    }

    @Test(.enabled(if: Tool.isUsable("bsdtar"))) func bsdtarReadsIt() throws {
        let scratch = try Self.made()
        let result = try Tool.run("bsdtar", ["-tf", scratch.file("seed.iso")], in: scratch)
        #expect(result.status == 0, "\(result.errors)")
        let listed = Set(result.output.split(separator: "\n").map(String.init))
        for entry in try Samples.seed() { #expect(listed.contains(entry.path), "\(entry.path)") }
    }
}
