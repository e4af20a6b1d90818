import Foundation
import TestSupport
import Testing

@testable import Launching
@testable import UTM

@Suite("property list")
struct PropertyListTests {
    static let sample: PropertyList = [
        "b": [1, -2, [], [:]], "a": "<&>\"'\r\n\té\u{1F600}", "B": ["x": true, "y": false], "<&>": "", "aa": "\u{1}",
    ]

    @Test("the exact bytes: Apple's heading, sorted keys, tabs")
    func bytes() {
        let list: PropertyList = ["b": [1, "x"], "a": true, "c": [:], "d": []]
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">
            <dict>
            \t<key>a</key>
            \t<true/>
            \t<key>b</key>
            \t<array>
            \t\t<integer>1</integer>
            \t\t<string>x</string>
            \t</array>
            \t<key>c</key>
            \t<dict/>
            \t<key>d</key>
            \t<array/>
            </dict>
            </plist>

            """
        #expect(String(decoding: list.bytes, as: UTF8.self) == expected)
    }

    @Test("Foundation reads back what was written, and a control character is replaced")
    func foundation() throws {
        let decoded = try FoundationReader.value(Self.sample.bytes)
        let expected: [String: Any] = [
            "b": [1, -2, [Any](), [String: Any]()], "a": "<&>\"'\r\n\té\u{1F600}", "B": ["x": true, "y": false],
            "<&>": "", "aa": "\u{FFFD}",
        ]
        #expect((decoded as? NSDictionary) == expected as NSDictionary)
    }

    @Test("Python reads the same")
    func python() throws {
        let directory = try Scratch()
        try Data(Self.sample.bytes).write(to: URL(fileURLWithPath: directory.path + "/x.plist"))
        let read = try Python.run(
            "import plistlib,sys,json; print(json.dumps(plistlib.load(open(sys.argv[1],'rb')),sort_keys=True))",
            directory.path + "/x.plist")
        #expect(
            read == #"""
                {"<&>": "", "B": {"x": true, "y": false}, "a": "<&>\"'\r\n\t\u00e9\ud83d\ude00", "aa": "\ufffd", "b": [1, -2, [], {}]}

                """#)
    }
}
