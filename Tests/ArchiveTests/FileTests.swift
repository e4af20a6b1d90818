import Archive
import BundleFormat
import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing
import Values

struct FileTests {
    @Test func appearsOnlyWhenCommitted() throws {
        let scratch = try Scratch()
        let file = try AtomicFile.create(in: FilePath(scratch.path), permissions: 0o640)
        try file.write([1, 2, 3])
        #expect(try scratch.names().allSatisfy { $0.hasPrefix(".slipway-") })
        #expect(try scratch.mode(scratch.names()[0]) == 0o600)
        try file.commit(as: "bundle.tar")
        #expect(try scratch.names() == ["bundle.tar"])
        #expect(try scratch.bytes("bundle.tar") == [1, 2, 3])
        #expect(try scratch.mode("bundle.tar") == 0o640)
    }

    @Test func leavesNothingWhenNotCommitted() throws {
        let scratch = try Scratch()
        do {
            let file = try AtomicFile.create(in: FilePath(scratch.path))
            try file.write([1])
        }
        #expect(try scratch.names() == [])
    }

    @Test func manyAtOnceReplaceWhatStandsThereAndLeaveNothingBeside() throws {
        let scratch = try Scratch()
        try scratch.write("old", [9])
        let same = try scratch.write("same", [5], mode: 0o644)
        let before = try SystemCalls.status(of: same).identity
        let contents = [("old", 0o600), ("new", 0o640), ("same", 0o644), ("empty", 0o600)]
        try FileBatch<ArchiveError>.write(
            contents.map { name, mode in
                .init(path: scratch.file(name), bytes: name == "empty" ? [] : [5], mode: UInt16(mode))
            })
        #expect(try scratch.names().sorted() == ["empty", "new", "old", "same"])
        for (name, mode) in contents {
            #expect(try scratch.bytes(name) == (name == "empty" ? [] : [5]))
            #expect(try scratch.mode(name) == mode)
        }
        #expect(try SystemCalls.status(of: same).identity == before)
    }

    /// One that cannot be written takes no other with it halfway: none has got its name yet.
    @Test func ofManyNoneIsPlacedWhenOneCannotBeWritten() throws {
        let scratch = try Scratch()
        let error = #expect(throws: ArchiveError.self) {
            try FileBatch<ArchiveError>.write([
                .init(path: scratch.file("a"), bytes: [1]), .init(path: scratch.file("absent/b"), bytes: [2]),
            ])
        }
        #expect(error?.description.contains("absent/.slipway-") == true)
        #expect(try scratch.names() == [])
    }

    @Test func replacesOrRefuses() throws {
        let scratch = try Scratch()
        try scratch.write("f", [9])
        let error = #expect(throws: ArchiveError.self) { try Self.commit(in: scratch, replacing: false) }
        #expect(error?.description == "cannot write \(scratch.file("f")): File exists")
        #expect(try scratch.bytes("f") == [9])
        try Self.commit(in: scratch, replacing: true)
        #expect(try scratch.bytes("f") == [])
        #expect(try scratch.names() == ["f"])
        let new = try Scratch()
        try Self.commit(in: new, replacing: false)
        #expect(try new.names() == ["f"])
    }

    private static func commit(in scratch: Scratch, replacing: Bool) throws {
        try AtomicFile.create(in: FilePath(scratch.path)).commit(as: "f", replacing: replacing)
    }

    @Test func namesTheDirectoryThatIsMissing() {
        let error = #expect(throws: ArchiveError.self) { _ = try AtomicFile.create(in: "/nonexistent/dir") }
        #expect(error?.description == "cannot open the directory /nonexistent/dir: No such file or directory")
    }

    @Test func writesBelowTheRoot() throws {
        let scratch = try Scratch()
        let writer = try DirectoryWriter.open(FilePath(scratch.file("root")), create: true)
        try writer.write("a/b/c", [1], permissions: 0o600)
        try writer.write("a/b/c", [2], permissions: 0o644)
        try writer.write("a/d", permissions: 0o400) { write in
            try write([3].span)
            try write([4].span)
        }
        try writer.makeDirectory("e/f")
        try writer.makeDirectory("e/f")
        #expect(try scratch.bytes("root/a/b/c") == [2])
        #expect(try scratch.mode("root/a/b/c") == 0o644)
        #expect(try scratch.bytes("root/a/d") == [3, 4])
        #expect(try scratch.mode("root/a/d") == 0o400)
        #expect(FileManager.default.fileExists(atPath: scratch.file("root/e/f")))
        #expect(
            try FileManager.default.subpathsOfDirectory(atPath: scratch.path).allSatisfy { !$0.contains(".slipway") })
    }

    @Test func leavesNothingWhenTheBodyFails() throws {
        struct Stop: Error {}
        let scratch = try Scratch()
        let writer = try DirectoryWriter.open(FilePath(scratch.path))
        #expect(throws: Stop.self) {
            try writer.write("x", permissions: 0o644) { write in
                try write([1].span)
                throw Stop()
            }
        }
        #expect(try scratch.names() == [])
    }

    @Test(arguments: [
        ("link", "a symbolic link stands where the file is to be written; remove it"),
        ("dangling", "a symbolic link stands where the file is to be written"),
        ("outside/evil", "a symbolic link stands where a directory is needed; it is not followed"),
        ("dir", "a directory stands where the file is to be written"),
        ("file/x", "a file stands where a directory is needed"),
        ("pipe", "a device, pipe or socket stands where the file is to be written"),
        ("../evil", "it has a component \"..\""), ("/etc/evil", "it is absolute"),
        ("a/../../evil", "it has a component \"..\""),
    ])
    func neverLeavesTheRoot(_ path: String, _ reason: String) throws {
        let scratch = try Scratch()
        let manager = FileManager.default
        try manager.createDirectory(atPath: scratch.file("root/dir"), withIntermediateDirectories: true)
        try manager.createDirectory(atPath: scratch.file("away"), withIntermediateDirectories: true)
        try scratch.write("victim", [7])
        try scratch.write("root/file", [8])
        try manager.createSymbolicLink(atPath: scratch.file("root/link"), withDestinationPath: scratch.file("victim"))
        try manager.createSymbolicLink(atPath: scratch.file("root/dangling"), withDestinationPath: scratch.file("new"))
        try manager.createSymbolicLink(atPath: scratch.file("root/outside"), withDestinationPath: scratch.file("away"))
        _ = try Tool.run("mkfifo", [scratch.file("root/pipe")])
        let writer = try DirectoryWriter.open(FilePath(scratch.file("root")))
        let error = #expect(throws: ArchiveError.self) { try writer.write(path, [1], permissions: 0o644) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
        #expect(error?.description.contains(path.split(separator: "/").first.map(String.init) ?? path) == true)
        #expect(try scratch.bytes("victim") == [7])
        #expect(try manager.contentsOfDirectory(atPath: scratch.file("away")) == [])
        #expect(try scratch.names() == ["away", "root", "victim"])
    }
}
