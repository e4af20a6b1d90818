import Archive
import BundleFormat
import TestSupport
import Testing
import Values

/// Asks the programs that will read a seed.
struct ISOInteropTests {
    static func made() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("seed.iso", try SeedISOTests.image(Samples.seed()))
        return scratch
    }

    @Test(.needs("isoinfo")) func isoinfoListsExactNames() throws {
        let scratch = try Self.made()
        for flag in ["-R", "-J"] {
            let result = try Tool.run("isoinfo", ["-f", flag, "-i", scratch.file("seed.iso")])
            let listed = Set(result.output.split(separator: "\n").map { String($0.dropFirst()) })
            for entry in try Samples.seed() { #expect(listed.contains(entry.path), "\(flag) \(entry.path)") }
            #expect(listed.count == (try Samples.seed()).count + 9, "\(flag)")
        }
        let listing = try Tool.run("isoinfo", ["-l", "-R", "-i", scratch.file("seed.iso")]).output
        #expect(listing.contains(try Regex(#"-rw-------\s+1\s+0\s+0\s+2048 Jan  1 2026 \[\s+\d+ 00\]\s+key\.pem"#)))
        #expect(listing.contains(try Regex(#"drwx------\s+1\s+0\s+0\s+2048 Jan  1 2026 \[\s+\d+ 02\]\s+empty"#)))
    }

    @Test(.needs("isoinfo"), arguments: ["-R", "-J"])
    func isoinfoReadsContent(_ flag: String) throws {
        let scratch = try Self.made()
        for entry in try Samples.seed() {
            guard let content = entry.content, content.allSatisfy({ $0 < 0x80 }) else { continue }
            let result = try Tool.run(
                "isoinfo", [flag, "-i", scratch.file("seed.iso"), "-x", "/" + entry.path])
            #expect(result.output == String(decoding: content, as: UTF8.self), "\(entry.path)")
        }
    }

    @Test(.needs("xorriso")) func xorrisoExtractsEverything() throws {
        let scratch = try Self.made()
        let result = try Tool.run(
            "xorriso", ["-osirrox", "on", "-indev", scratch.file("seed.iso"), "-extract", "/", scratch.file("tree")])
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

    @Test(.needs("blkid")) func blkidSeesTheLabel() throws {
        let scratch = try Self.made()
        let result = try Tool.run("blkid", ["-p", "-o", "export", scratch.file("seed.iso")])
        #expect(result.output.contains("\nLABEL=cidata\n"))
        #expect(result.output.contains("TYPE=iso9660\n"))
        #expect(result.output.contains("2026-01-01-00-00-00-00"))
    }

    @Test(.needs("bsdtar")) func bsdtarReadsIt() throws {
        let scratch = try Self.made()
        let result = try Tool.run("bsdtar", ["-tf", scratch.file("seed.iso")])
        #expect(result.status == 0, "\(result.errors)")
        let listed = Set(result.output.split(separator: "\n").map(String.init))
        for entry in try Samples.seed() { #expect(listed.contains(entry.path), "\(entry.path)") }
    }
}
