import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

/// The depot as an image, as machines and other programs read it.
@Suite(.needs("tar", "python3")) struct DepotImageTests {
    let depots: Depots

    init() async throws {
        depots = try Depots()
        _ = try DepotImage.write(
            try await depots.contents(), epoch: Depots.epoch, to: depots.scratch.filePath("depot.iso"))
    }

    @Test func comesBackThroughTheReader() async throws {
        let entries = try ISOReader.entries(in: depots.scratch.bytes("depot.iso"), subject: "depot")
        let found = Dictionary(
            uniqueKeysWithValues: entries.compactMap { entry in entry.content.map { (entry.path, $0) } })
        var expected = try depots.expected()
        expected["depot.json"] = CanonicalJSON.encode(try await depots.contents().manifest.json)
        #expect(found == expected)
        #expect(entries.first { $0.path == "slipway-apply" }?.permissions == 0o755)
    }

    /// The bytes on every machine, in every zone, for every user, umask, TMPDIR and libarchive. What is in an archive is left
    /// out: gzip and tar write the time.
    @Test func hasTheSameBytesEverywhere() async throws {
        let plain = DepotPlan(machines: depots.machines.map { $0.filter { $0.kind != .archiveMember } })
        let contents = try await DepotContents.collect(plain, store: depots.store)
        let size = try DepotImage.write(contents, epoch: Depots.epoch, to: depots.scratch.filePath("plain.iso"))
        let image = try depots.scratch.bytes("plain.iso")
        #expect(Int64(image.count) == size)
        #expect(Digest(hashing: image).hex == "34df4a63f23cfb659cb735a37bd1c12583232a31c83f549f2806ff67af9a5bf0")
    }

    @Test func replacesAnImageAndLeavesNothingBehind() async throws {
        try depots.scratch.write("old.iso", [1])
        _ = try DepotImage.write(
            try await depots.contents(), epoch: Depots.epoch, to: depots.scratch.filePath("old.iso"))
        #expect(try depots.scratch.bytes("old.iso") == depots.scratch.bytes("depot.iso"))
        let error = await #expect(throws: PayloadError.self) {
            try DepotImage.write(
                try await depots.contents(), epoch: Depots.epoch, to: depots.scratch.filePath("none/depot.iso"))
        }
        #expect(error?.description.contains("none") == true)
        let names = try FileManager.default.contentsOfDirectory(atPath: depots.scratch.path)
        #expect(!names.contains { $0.hasPrefix(".slipway-") })
    }

    // MARK: Other programs

    @Test(.needs("xorriso")) func xorrisoExtractsEverything() throws {
        let result = try Tool.run(
            "xorriso",
            [
                "-osirrox", "on", "-indev", depots.scratch.file("depot.iso"), "-extract", "/",
                depots.scratch.file("extracted"),
            ])
        #expect(result.status == 0, "\(result.transcript)")
        #expect(result.transcript.contains("Volume id    : 'SLIPWAY'"), "\(result.transcript)")
        for problem in ["WARNING", "SORRY", "FAILURE", "FATAL"] {
            #expect(!result.transcript.contains(problem), "\(result.transcript)")
        }
        for (path, bytes) in try depots.expected() {
            #expect(try depots.scratch.bytes("extracted/" + path) == bytes, "\(path)")
        }
    }

    @Test(.needs("isoinfo"), arguments: ["-R", "-J"]) func isoinfoListsIt(_ tree: String) throws {
        let output = try Tool.run("isoinfo", [tree, "-f", "-i", depots.scratch.file("depot.iso")]).output
        let listed = Set(output.split(separator: "\n").map { String($0.dropFirst()) })
        for path in try depots.expected().keys { #expect(listed.contains(path), "\(path)") }
        let applier = try Tool.run(
            "isoinfo", [tree, "-i", depots.scratch.file("depot.iso"), "-x", "/slipway-apply"])
        #expect(applier.output == "#!/bin/true\n")
    }

    @Test(.needs("blkid")) func blkidSeesTheLabel() throws {
        let output = try Tool.run("blkid", ["-p", "-o", "export", depots.scratch.file("depot.iso")]).output
        #expect(output.contains("\nLABEL=SLIPWAY\n"), "\(output)")
        #expect(output.contains("TYPE=iso9660\n"))
    }
}
