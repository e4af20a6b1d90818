import Payloads
import SystemPackage
import Testing

struct PayloadSourceTests {
    @Test(
        arguments: [
            ("https://host/a?b=c", .https("https://host/a?b=c")), ("file:a/b", .file("a/b")),
            ("file:/a b", .file("/a b")),
            ("file:///a%20b", .file("/a%20b")), ("a/b:c", .file("a/b:c")), ("../x", .file("../x")),
        ] as [(String, PayloadSource)])
    func reads(_ address: String, _ expected: PayloadSource) throws {
        #expect(try PayloadSource(parsing: address, of: "p") == expected)
    }

    @Test(arguments: [
        ("http://host/a", "http: is not supported; expected https: or file:"),
        ("ftp://host/a", "ftp: is not supported"),
        ("https://", "expected https://HOST/PATH in ASCII"), ("https:host", "expected https://HOST/PATH"),
        ("https://host/a b", "expected https://HOST/PATH in ASCII"), ("https://host/ä", "in ASCII"),
        ("file://host/a", "a file: address has no host; expected file:///PATH"), ("file:", "it names no file"),
        ("", "it names no file"), ("https://host/\n", "it holds a control character"),
    ])
    func refuses(_ address: String, _ reason: String) {
        let error = #expect(throws: PayloadError.self) { try PayloadSource(parsing: address, of: "kubelet") }
        let text = error?.description ?? "accepted"
        #expect(text.hasPrefix("kubelet: \""), "\(text)")
        #expect(text.contains(reason), "\(text)")
    }
}
