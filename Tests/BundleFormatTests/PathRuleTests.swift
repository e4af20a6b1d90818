import BundleFormat
import Testing
import Values

struct PathRuleTests {
    @Test(arguments: ["a", "a/b", ".hidden", "...", "a/..b/c.", "with space", "blobs/sha256/x", "@1:;~"])
    func acceptsRelative(_ path: String) throws { try PathRule.checkRelative(path) }

    @Test(arguments: [
        ("", "it names nothing"), ("/a", "it is absolute"), ("..", "it has a component \"..\""),
        ("a/../b", "it has a component \"..\""), ("./a", "it has a component \".\""),
        ("a/.", "it has a component \".\""),
        ("a//b", "it has an empty component"), ("a/", "it has an empty component"), ("a\\b", "it contains a backslash"),
        ("a\u{0}b", "it contains a control character"), ("a\nb", "it contains a control character"),
        ("ä", "it contains a character outside ASCII"),
        (String(repeating: "a/", count: 600) + "b", "it is longer than 1024 bytes"),
        (String(repeating: "a", count: 256), "a component is longer than 255 bytes"),
    ])
    func refusesRelative(_ path: String, _ reason: String) {
        let error = #expect(throws: FormatError.self) { try PathRule.checkRelative(path) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
        #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
    }

    @Test func wantsAbsolutePathsOnMachines() throws {
        try PathRule.checkAbsolute("/etc/hosts")
        for path in ["etc/hosts", "", "/", "//", "/etc/../x", "/etc/"] {
            #expect(throws: FormatError.self) { try PathRule.checkAbsolute(path) }
        }
    }

    @Test func writesModesInOneSpelling() {
        #expect(Permissions(parsing: "0644") == 0o644)
        #expect(Permissions(parsing: "4755")?.bits == 0o4755)
        #expect(Permissions(0o7).description == "0007")
        for text in ["644", "0o644", "0888", "00644", " 644", "-644", ""] { #expect(Permissions(parsing: text) == nil) }
    }
}
