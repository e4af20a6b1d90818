import Archive
import BundleFormat
import Testing
import Values

struct StreamedISOTests {
    static func files(_ paths: [(String, Int64)]) -> [StreamedISO.File] {
        paths.map { StreamedISO.File(path: $0.0, permissions: 0o644, size: $0.1) }
    }

    /// With the contents put in place it is the image SeedISO makes.
    @Test func agreesWithTheSeed() throws {
        let entries = try Samples.seed().filter { $0.content != nil }
        let contents = entries.map { $0.content ?? [] }
        let layout = try StreamedISO(
            label: "cidata",
            files: entries.map {
                .init(path: $0.path, permissions: $0.permissions, size: Int64($0.content?.count ?? 0))
            }, epoch: SeedISOTests.epoch)
        var image = layout.header + [UInt8](repeating: 0, count: Int(layout.size) - layout.header.count)
        for extent in layout.extents {
            image.replaceSubrange(Int(extent.offset)..<Int(extent.offset + extent.size), with: contents[extent.content])
        }
        #expect(image == (try SeedISOTests.image(entries)))
    }

    @Test func placesContentsInOrderOfPaths() throws {
        let layout = try StreamedISO(label: "L", files: Self.files([("c/d", 10), ("a", 5000), ("b", 0)]), epoch: 0)
        #expect(layout.extents.map(\.content) == [1, 0])
        #expect(layout.extents.map(\.size) == [5000, 10])
        #expect(layout.extents[0].offset == Int64(layout.header.count))
        #expect(layout.extents[1].offset - layout.extents[0].offset == 3 * 2048)
        #expect(layout.size == layout.extents[1].offset + 2048)
    }

    @Test func layoutsLargeImages() throws {
        let gigabytes: Int64 = 4_000_000_000
        let layout = try StreamedISO(
            label: "L", files: Self.files((0..<5).map { ("f\($0)", gigabytes) }), epoch: 0)
        #expect(layout.size > 20_000_000_000)
        #expect(layout.header.count < 100_000)
        #expect(layout.extents.last?.offset == layout.size - (gigabytes + 2047) / 2048 * 2048)
    }

    @Test func hasNoContentAtAll() throws {
        let layout = try StreamedISO(label: "L", files: Self.files([("empty", 0)]), epoch: 0)
        #expect(layout.extents == [])
        #expect(layout.size == Int64(layout.header.count))
        let read = try ISOReader.entries(in: layout.header, subject: "image")
        #expect(read.map(\.path) == ["empty"])
        #expect(read.first?.content == [])
    }

    @Test(
        arguments: [
            ("a", 4_294_967_296, "it has 4294967296 bytes; a file is smaller than 4 GiB in ISO 9660"),
            ("../a", 1, "\"..\""),
            ("1/2/3/4/5/6/7/8/f", 1, "at most 7 directories inside one another"),
        ] as [(String, Int64, String)])
    func refuses(_ path: String, _ size: Int64, _ reason: String) {
        let error = #expect(throws: ArchiveError.self) {
            try StreamedISO(label: "SLIPWAY", files: Self.files([(path, size)]), epoch: 0)
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
        #expect(error?.description.hasPrefix("image SLIPWAY: member") == true)
    }
}
