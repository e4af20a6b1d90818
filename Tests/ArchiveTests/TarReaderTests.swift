import Archive
import BundleFormat
import SystemPackage
import TestSupport
import Testing

struct TarReaderTests {
    static let small = ReadLimits(memberCount: 4, pathLength: 50, memberSize: 1000, totalSize: 1500)

    /// Reads from memory and from a file; both must say the same.
    static func read(_ bytes: [UInt8], limits: ReadLimits = .inMemory) throws -> [ArchiveEntry] {
        let scratch = try Scratch()
        try scratch.write("t.tar", bytes)
        let fromMemory = Result { try TarReader.entries(in: bytes, subject: "t.tar", limits: limits) }
        let fromFile = Result {
            try scratch.reading("t.tar") { descriptor in
                var reader = try TarReader.open(descriptor, subject: "t.tar", limits: limits)
                var paths: [String] = []
                while let member = try reader.next() {
                    paths.append(member.path)
                    // Every second content is left for the reader to pass over.
                    if paths.count % 2 == 0 { try reader.stream { _ in } }
                }
                return paths
            }
        }
        switch (fromMemory, fromFile) {
        case (.success(let entries), .success(let paths)): #expect(entries.map(\.path) == paths)
        case (.failure(let first), .failure(let second)): #expect("\(first)" == "\(second)")
        default: Issue.record("memory: \(fromMemory), file: \(fromFile)")
        }
        return try fromMemory.get()
    }

    static func refusal(_ bytes: [UInt8], limits: ReadLimits = .inMemory) -> String {
        let error = #expect(throws: ArchiveError.self) { try Self.read(bytes, limits: limits) }
        return error?.description ?? "accepted"
    }

    @Test func readsWhatTheWriterWrote() throws {
        let entries = try TarWriterTests.entries()
        #expect(try Self.read(TarWriter.bytes(of: entries)) == entries)
        #expect(try Self.read(TarWriter.bytes(of: [])) == [])
    }

    @Test func saysWhereContentStands() throws {
        let scratch = try Scratch()
        try scratch.write("t.tar", try TarWriter.bytes(of: TarWriterTests.entries()))
        try scratch.reading("t.tar") { descriptor in
            var reader = try TarReader.open(descriptor, subject: "t.tar")
            let all = try scratch.bytes("t.tar")
            while let member = try reader.next() {
                let start = Int(member.contentOffset)
                #expect(Array(all[start..<(start + Int(member.size))]) == (try reader.bytes()), "\(member.path)")
                #expect(throws: ArchiveError.self) { try reader.bytes() }
            }
            #expect(try reader.next() == nil)
        }
    }

    @Test(
        .needs("python3"),
        arguments: [
            ("add('../evil')", "t.tar: member \"../evil\" is refused: it has a component \"..\""),
            ("add('a/../../evil')", "it has a component \"..\""), ("add('/etc/passwd')", "it is absolute"),
            ("add('a/./b')", "it has a component \".\""), ("add('a//b')", "it has an empty component"),
            ("add('a\\\\b')", "it contains a backslash"),
            ("add('a\\nb')", "member \"a?b\" is refused: it contains a control character"),
            (
                "add('l', b'', type=tarfile.SYMTYPE, linkname='/etc/passwd')",
                "it is a symbolic link; only files and directories"
            ),
            (
                "add('x'); add('l', b'', type=tarfile.LNKTYPE, linkname='x')",
                "it is a hard link; only files and directories"
            ),
            ("add('d', b'', type=tarfile.CHRTYPE, devmajor=1, devminor=3)", "it is a device"),
            ("add('d', b'', type=tarfile.BLKTYPE, devmajor=8)", "it is a device"),
            ("add('p', b'', type=tarfile.FIFOTYPE)", "it is a pipe"),
            ("add('x'); add('x')", "member \"x\" is refused: it occurs twice"),
            ("add('x'); add('./x')", "it occurs twice"),
            ("add('d', b'', type=tarfile.DIRTYPE); add('d')", "it occurs twice"),
            (
                "add('x' * 51)",
                "the length of the name \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" exceeds the limit of 50"
            ),
            ("[add(str(i)) for i in range(5)]", "the number of members exceeds the limit of 4"),
            ("add('x', b'x' * 1001)", "the size of member \"x\" (1001 bytes) exceeds the limit of 1000"),
            ("add('x', b'x' * 800); add('y', b'x' * 800)", "the size of all members exceeds the limit of 1500"),
            (
                "i = tarfile.TarInfo('huge'); i.size = 1 << 50; t.addfile(i)",
                "the size of member \"huge\" (1125899906842624 bytes) exceeds"
            ),
            ("i = tarfile.TarInfo('\\u00e9'); t.addfile(i)", "t.tar"),
        ])
    func refuses(_ python: String, _ reason: String) throws {
        let message = Self.refusal(try HostileTars.make(python, in: Scratch()), limits: Self.small)
        #expect(message.contains(reason), "\(message)")
    }

    @Test(.needs("python3"), arguments: [("w:gz", "gzip"), ("w:xz", "xz"), ("w:bz2", "bzip2")])
    func refusesCompression(_ mode: String, _ name: String) throws {
        let message = Self.refusal(try HostileTars.make("add('x')", mode: mode, in: Scratch()))
        #expect(message == "t.tar: is not an uncompressed tar archive but \(name); unpack it with \(name) first")
    }

    @Test func refusesWhatIsNoTar() throws {
        #expect(Self.refusal([]) == "t.tar: is empty")
        #expect(Self.refusal([1, 2, 3]) == "t.tar: is not a tar archive: 3 bytes")
        #expect(Self.refusal(Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 600)).contains("but zip"))
        #expect(Self.refusal([0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 0, count: 600)).contains("but zstd"))
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<50 {
            let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Self.refusal(noise).hasPrefix("cannot read t.tar: "))
        }
        let image = try SeedISOTests.image([.file("x", [1])])
        #expect(Self.refusal(image) != "accepted")
        let error = #expect(throws: ArchiveError.self) {
            let descriptor = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
            defer { try? descriptor.close() }
            _ = try TarReader.open(descriptor, subject: "/dev/null")
        }
        #expect(error?.description == "/dev/null: is not a regular file")
    }

    @Test func noticesTruncationAtEveryBlock() throws {
        // Content of zeros looks like an end mark; it must not be taken for one.
        let bytes = try TarWriter.bytes(of: [
            .file("a", [UInt8](repeating: 0, count: 2048)), .file("b", [UInt8](repeating: 1, count: 1000)),
            .directory("c"),
            .file("d", [UInt8](repeating: 0, count: 1024)),
        ])
        for count in stride(from: 512, to: bytes.count, by: 512) {
            let message = Self.refusal(Array(bytes[..<count]))
            #expect(message.contains("t.tar") && message.contains("runcated"), "\(count) bytes: \(message)")
        }
        for count in [bytes.count - 1, bytes.count - 513, 700, 5000] {
            #expect(Self.refusal(Array(bytes[..<count])) != "accepted")
        }
    }

    @Test func looksBehindTheEndMark() throws {
        let bytes = try TarWriter.bytes(of: [.file("a", [1])])
        #expect(try Self.read(bytes + [UInt8](repeating: 0, count: 10240)).count == 1)
        #expect(
            Self.refusal(bytes + [0, 0, 7])
                == "t.tar: something follows the end of the archive, at byte \(bytes.count + 2)")
        #expect(Self.refusal(bytes + bytes).contains("something follows the end of the archive"))
        #expect(Self.refusal(bytes + [UInt8](repeating: 0, count: 2 << 20)).contains("something follows"))
    }

    @Test(.needs("tar")) func readsWhatGNUTarWrites() throws {
        let scratch = try Scratch()
        try scratch.write("x", Array("text".utf8))
        for format in ["gnu", "ustar", "pax", "v7"] {
            let result = try Tool.run(
                "tar", ["--format", format, "-C", scratch.path, "-cf", scratch.file("\(format).tar"), "./x"])
            #expect(result.status == 0, "\(result.errors)")
            let entries = try Self.read(scratch.bytes("\(format).tar"))
            #expect(entries.map(\.path) == ["x"])
            #expect(entries.first?.content == Array("text".utf8))
        }
    }

    static let fuzz = ReadLimits(memberCount: 50, memberSize: 100_000, totalSize: 100_000)
}
