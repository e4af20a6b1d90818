import Foundation
import HostSystem
import TestSupport
import Testing

@Suite("files by their paths")
struct FilesTests {
    /// As an instance is destroyed while programs that used its directory end: they take their sockets away.
    @Test("a tree goes as a whole, though files in it vanish meanwhile")
    func removedWhileFilesVanish() throws {
        let scratch = try Scratch(inMemory: true)
        for round in 0..<20 {
            for file in 0..<200 { try scratch.write("tree/\(file % 10)/\(file)", "") }
            let thread = Thread { [path = scratch.file("tree")] in
                for file in (0..<200).reversed() { unsafe unlink("\(path)/\(file % 10)/\(file)") }
            }
            thread.start()
            try HostSystem.Files<SystemError>.remove(scratch.file("tree"))
            #expect(!FileManager.default.fileExists(atPath: scratch.file("tree")), "round \(round)")
            while !thread.isFinished { usleep(200) }
        }
    }

    @Test("nothing to remove is no error, and a link is removed instead of what it leads to")
    func links() throws {
        let scratch = try Scratch()
        try HostSystem.Files<SystemError>.remove(scratch.file("nothing"))
        try scratch.write("kept", "text")
        for target in ["kept", "nowhere"] {
            try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: target)
            try HostSystem.Files<SystemError>.remove(scratch.file("link"))
            #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("link"))) == nil)
        }
        #expect(try scratch.bytes("kept") == Array("text".utf8))
    }
}
