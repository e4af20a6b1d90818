import Foundation
import TestSupport
import Testing

@testable import Applying

/// No path leads out of the root, and no account's link leads root elsewhere.
struct RootDirectoryTests {
    private func scratch() throws -> (Scratch, RootDirectory) {
        let scratch = try Scratch()
        try scratch.write("outside/file", "outside")
        try scratch.write("root/data/file", "inside")
        try scratch.write("root/etc/file", "etc")
        return (scratch, try RootDirectory(scratch.file("root")))
    }

    private func link(_ scratch: Scratch, _ name: String, _ target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: scratch.file(name), withDestinationPath: target)
    }

    /// A link in the root, and what `/link/file` then is.
    @Test(
        .enabled(if: Kernel.userID == 0, "only links of root are followed"),
        arguments: [
            ("/data", "inside"), ("data", "inside"), ("etc/../data", "inside"), ("../../data", "inside"),
            ("/../data", "inside"), ("./data/.", "inside"),
        ])
    func linksStayInside(target: String, content: String) throws {
        let (scratch, root) = try scratch()
        try link(scratch, "root/link", target)
        #expect(try root.content(of: "/link/file").map { String(decoding: $0, as: UTF8.self) } == content)
    }

    @Test(.enabled(if: Kernel.userID == 0, "only links of root are followed"))
    func linkToTheOutsideFindsNothing() throws {
        let (scratch, root) = try scratch()
        try link(scratch, "root/link", scratch.file("outside"))
        #expect(try root.content(of: "/link/file") == nil)
        try link(scratch, "root/loop", "loop")
        #expect(throws: ApplyError.self) { try root.content(of: "/loop/file") }
    }

    @Test func linkAtTheEndIsNotFollowed() throws {
        let (scratch, root) = try scratch()
        try link(scratch, "root/etc/link", "file")
        let error = #expect(throws: ApplyError.self) { try root.content(of: "/etc/link") }
        #expect(error?.description.contains("/etc/link is a symbolic link where a file must go") == true)
    }

    @Test(.enabled(if: Kernel.userID == 0, "only root can give a link to another account"))
    func linkOfAnotherAccountIsRefused() throws {
        let (scratch, root) = try scratch()
        try link(scratch, "root/link", "/data")
        let result = unsafe lchown(scratch.file("root/link"), 12345, 12345)
        #expect(result == 0)
        let error = #expect(throws: ApplyError.self) { try root.content(of: "/link/file") }
        #expect(error?.description.contains("/link is a symbolic link to /data that root did not make") == true)
    }
}
