import Archive
import BundleFormat
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite(.needs("python3")) struct ArchiveMembersTests {
    /// Makes an archive with Python, which can write everything that must be refused.
    static func make(_ name: String, _ body: String) throws -> Scratch {
        let scratch = try Scratch()
        let script = """
            import io, sys, tarfile, zipfile
            path = sys.argv[1]
            def put(tar, name, data=b"", **fields):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                for key, value in fields.items(): setattr(info, key, value)
                tar.addfile(info, io.BytesIO(data))
            \(body)
            """
        let result = try Tool.run("python3", ["-c", script, scratch.file(name)])
        #expect(result.status == 0, "\(result.errors)")
        return scratch
    }

    static func extract(
        _ names: Set<String>?, _ name: String, in scratch: Scratch, limits: ReadLimits = .payload
    ) throws -> [String: [UInt8]] {
        try scratch.reading(name) { file in
            var found: [String: [UInt8]] = [:]
            try ArchiveMembers.extract(names, from: file, subject: name, limits: limits) { member, content in
                var bytes: [UInt8] = []
                try content { piece in unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
                #expect(Int64(bytes.count) == member.size)
                found[member.path] = bytes
            }
            return found
        }
    }

    /// What upstream's archives look like: directories, a leading `./`, links and odd names beside what is wanted.
    static let tarBody = """
        mode = {"t.tar": "w", "t.tar.gz": "w:gz", "t.tgz": "w:gz"}[path.split("/")[-1]]
        with tarfile.open(path, mode) as tar:
            put(tar, "./", type=tarfile.DIRTYPE)
            put(tar, "./bin", type=tarfile.DIRTYPE)
            put(tar, "./bin/etcd", b"x" * 300000, mode=0o755)
            put(tar, "bin/caf\\u00e9", b"y")
            put(tar, "bin/link", type=tarfile.SYMTYPE, linkname="/etc/passwd")
            put(tar, "../evil", b"z")
            put(tar, "bin/etcdctl", b"abc")
        """

    @Test(arguments: ["t.tar", "t.tar.gz", "t.tgz"]) func takesFilesByName(_ name: String) throws {
        let scratch = try Self.make(name, Self.tarBody)
        let found = try Self.extract(["bin/etcd", "bin/etcdctl"], name, in: scratch)
        #expect(found == ["bin/etcd": [UInt8](repeating: 120, count: 300_000), "bin/etcdctl": Array("abc".utf8)])
    }

    @Test func readsZip() throws {
        let scratch = try Self.make(
            "v.zip",
            """
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("LICENSE.txt", "free")
                archive.writestr("vault", "v" * 100000)
            """)
        #expect(try Self.extract(["vault"], "v.zip", in: scratch) == ["vault": [UInt8](repeating: 118, count: 100_000)])
        #expect(try Self.extract(nil, "v.zip", in: scratch).keys.sorted() == ["LICENSE.txt", "vault"])
    }

    @Test func takesAllFiles() throws {
        let scratch = try Self.make(
            "t.tar", "with tarfile.open(path, 'w') as tar:\n    put(tar, './a', b'1')\n    put(tar, 'd/b', b'2')")
        #expect(try Self.extract(nil, "t.tar", in: scratch) == ["a": [0x31], "d/b": [0x32]])
    }

    @Test func namesWhatIsMissing() throws {
        let scratch = try Self.make("t.tar", Self.tarBody)
        let error = #expect(throws: ArchiveError.self) {
            try Self.extract(["bin/x", "bin/etcd", "a"], "t.tar", in: scratch)
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("t.tar: the archive has no file a, bin/x; it holds "), "\(text)")
        #expect(text.hasSuffix("../evil, bin/etcdctl"), "\(text)")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let body: String
        let names: Set<String>?
        let says: String
        var testDescription: String { says }
    }

    @Test(arguments: [
        Refusal(body: tarBody, names: ["bin/link"], says: "it is a symbolic link; only files"),
        Refusal(body: tarBody, names: ["bin"], says: "it is a directory; a file is needed"),
        Refusal(body: tarBody, names: ["../evil"], says: "has a component \"..\""),
        Refusal(
            body: "with tarfile.open(path, 'w') as tar:\n    put(tar, 'a', b'1')\n    put(tar, './a', b'2')",
            names: ["a"],
            says: "it occurs twice"),
        Refusal(
            body: "with tarfile.open(path, 'w') as tar:\n    put(tar, 'a', type=tarfile.LNKTYPE, linkname='b')",
            names: nil,
            says: "it is a hard link"),
        Refusal(
            body: "with tarfile.open(path, 'w') as tar:\n    put(tar, 'a', type=tarfile.CHRTYPE)", names: nil,
            says: "it is a device"),
        Refusal(body: "open(path, 'wb').write(b'no archive at all')", names: ["a"], says: "(libarchive)"),
        Refusal(body: "open(path, 'wb')", names: ["a"], says: "(libarchive)"),
        Refusal(
            body: "with tarfile.open(path, 'w') as tar:\n    put(tar, 'd', type=tarfile.DIRTYPE)", names: ["a"],
            says: "has no file a; it holds no files"),
    ])
    func refuses(_ refusal: Refusal) throws {
        let scratch = try Self.make("t.tar", refusal.body)
        let error = #expect(throws: ArchiveError.self) { try Self.extract(refusal.names, "t.tar", in: scratch) }
        #expect(error?.description.contains(refusal.says) == true, "\(error?.description ?? "accepted")")
    }

    @Test func refusesATruncatedArchive() throws {
        let scratch = try Self.make("t.tar.gz", Self.tarBody)
        try scratch.write("cut.tgz", Array(try scratch.bytes("t.tar.gz").dropLast(300)))
        #expect(throws: ArchiveError.self) { try Self.extract(["bin/etcd"], "cut.tgz", in: scratch) }
    }

    @Test func refusesWhatIsTooLarge() throws {
        let scratch = try Self.make("t.tgz", Self.tarBody)
        for (limits, says) in [
            (
                ReadLimits(memberCount: 3, memberSize: 1 << 20, totalSize: 1 << 20),
                "the number of members exceeds the limit of 3"
            ),
            (ReadLimits(memberCount: 9, memberSize: 1000, totalSize: 1 << 20), "exceeds the limit of 1000"),
            (ReadLimits(memberCount: 9, memberSize: 1 << 20, totalSize: 200_000), "the size of all members exceeds"),
        ] {
            let error = #expect(throws: ArchiveError.self) {
                try Self.extract(["bin/etcd"], "t.tgz", in: scratch, limits: limits)
            }
            #expect(error?.description.contains(says) == true, "\(error?.description ?? "accepted")")
        }
    }

    /// Each further compression multiplies what comes out, before any of it is a member that a limit could count.
    @Test(.needs("gzip")) func anArchiveIsCompressedOnce() throws {
        let scratch = try Scratch()
        try scratch.write("a.tar", try TarWriter.bytes(of: [.file("a", [1])]))
        try Tool.run("gzip", ["--keep", scratch.file("a.tar")])
        try scratch.write("twice", try scratch.bytes("a.tar.gz"))
        try Tool.run("gzip", ["--keep", scratch.file("twice")])
        let read = { (name: String) throws in
            try scratch.reading(name) { file in
                try ArchiveMembers.extract(nil, from: file, subject: "a", limits: .payload) { _, _ in }
            }
        }
        try read("a.tar.gz")
        let error = #expect(throws: ArchiveError.self) { try read("twice.gz") }
        #expect(error?.description.contains("how often it is compressed") == true, "\(error as Any)")
    }
}
