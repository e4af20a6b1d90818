import Archive
import BundleFormat
import SystemPackage
import TestSupport
import Testing
import Values

struct TarWriterTests {
    static func entries() throws -> [ArchiveEntry] {
        [
            try .directory("blobs"), try .file("blobs/empty", []),
            try .file("oci-layout", Array("{}".utf8), permissions: 0o600),
            try .file(
                String(repeating: "long/", count: 60) + "name", [UInt8](repeating: 1, count: 513),
                modified: 1_767_225_600),
            try .file("last", [UInt8](repeating: 2, count: 512)),
        ]
    }

    /// The bytes on every machine and libarchive 3.6.2 to 3.8.10; see `SeedISOTests`.
    @Test func hasTheSameBytesEverywhere() throws {
        let bytes = try TarWriter.bytes(of: Self.entries())
        #expect(Digest(hashing: bytes).hex == "0e407b6d6e086dca0624dccc0b125f0eccc7a3fe0f07b61080c032c21e79d1c1")
        #expect(bytes.count % 512 == 0)
        #expect(bytes.suffix(1024).allSatisfy { $0 == 0 })
    }

    @Test func writesTheSameThroughAFileAndInPieces() throws {
        let scratch = try Scratch()
        try scratch.write("source", [UInt8](repeating: 2, count: 512))
        try scratch.writing("a.tar") { descriptor in
            var writer = try TarWriter.create(on: descriptor, subject: "a.tar")
            for entry in try Self.entries().dropLast() { try writer.append(entry) }
            try scratch.reading("source") { try writer.append(path: "last", copying: $0, size: 512) }
            try writer.finish()
        }
        #expect(try scratch.bytes("a.tar") == TarWriter.bytes(of: Self.entries()))
    }

    @Test func copiesLargeFilesInConstantPieces() throws {
        let scratch = try Scratch()
        let content = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try scratch.write("source", content)
        try scratch.writing("a.tar") { descriptor in
            var writer = try TarWriter.create(on: descriptor, subject: "a.tar")
            try scratch.reading("source") { try writer.append(path: "x", copying: $0, size: Int64(content.count)) }
            try writer.append(path: "y", size: 6) { write in
                for piece: [UInt8] in [[1, 2], [], [3, 4, 5], [6]] { try write(piece.span) }
            }
            try writer.finish()
        }
        let read = try TarReader.entries(in: scratch.bytes("a.tar"), subject: "a.tar")
        #expect(read.map(\.content) == [content, [1, 2, 3, 4, 5, 6]])
    }

    @Test func refusesContentOfAnotherSize() throws {
        let scratch = try Scratch()
        try scratch.writing("a.tar") { descriptor in
            for (pieces, message) in [
                ([[1, 2, 3]], "2 bytes were announced, more came"), ([[1]], "2 bytes were announced, 1 came"),
            ] as [([[UInt8]], String)] {
                var writer = try TarWriter.create(on: descriptor, subject: "a.tar")
                let error = #expect(throws: ArchiveError.self) {
                    try writer.append(path: "x", size: 2) { write in for piece in pieces { try write(piece.span) } }
                }
                #expect(error?.description == "a.tar: member \"x\" is refused: \(message)")
            }
        }
    }

    @Test func leavesNoEndMarkWithoutFinish() throws {
        let scratch = try Scratch()
        try scratch.writing("a.tar") { descriptor in
            var writer = try TarWriter.create(on: descriptor, subject: "a.tar")
            try writer.append(.file("x", [UInt8](repeating: 1, count: 300_000)))
        }
        let error = #expect(throws: ArchiveError.self) {
            try TarReader.entries(in: scratch.bytes("a.tar"), subject: "a.tar")
        }
        #expect(error != nil)
    }

    @Test func refusesPathsAndRepetitions() throws {
        let twice = #expect(throws: ArchiveError.self) { try TarWriter.bytes(of: [.file("x", []), .file("x", [1])]) }
        #expect(twice?.description == "a tar in memory: member \"x\" is refused: it is written twice")
        for path in ["", "/etc/passwd", "../x", "a/./b", "a//b", "a\\b", "ü"] {
            #expect(throws: ArchiveError.self) { try ArchiveEntry.file(path, []) }
        }
    }

    @Test func saysWhatLibarchiveSays() throws {
        let scratch = try Scratch()
        try scratch.write("readonly", [])
        let error = try scratch.reading("readonly") { descriptor in
            #expect(throws: ArchiveError.self) {
                var writer = try TarWriter.create(on: descriptor, subject: "out.tar")
                try writer.append(.file("x", [UInt8](repeating: 1, count: 1 << 20)))
                try writer.finish()
            }
        }
        #expect(
            error?.description.hasPrefix("cannot write member \"x\" of out.tar: Write error") == true,
            "\(error?.description ?? "")")
    }

    @Test(.needs("bsdtar", "tar"), arguments: ["bsdtar", "tar"])
    func isReadByOtherPrograms(_ program: String) throws {
        let scratch = try Scratch()
        try scratch.write("a.tar", try TarWriter.bytes(of: Self.entries()))
        let names = try Tool.run(program, ["-tf", scratch.file("a.tar")])
        #expect(names.status == 0, "\(names.errors)")
        #expect(names.errors.isEmpty)
        #expect(
            names.output.split(separator: "\n").map(String.init)
                == (try Self.entries()).map { $0.kind == .directory ? $0.path + "/" : $0.path })
        let listing = try Tool.run(program, ["-tvf", scratch.file("a.tar")]).output
        #expect(listing.contains("-rw-------"))
        #expect(listing.contains("2026"))
    }
}
