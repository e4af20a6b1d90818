import Testing
import Values

struct PayloadAddressTests {
    @Test(
        arguments: [
            ("https://host/a?b=c", .https("https://host/a?b=c")), ("file:a/b", .file("a/b")),
            ("file:/a b", .file("/a b")),
            ("file:///a%20b", .file("/a%20b")), ("a/b:c", .file("a/b:c")), ("../x", .file("../x")),
        ] as [(String, PayloadAddress)])
    func reads(_ address: String, _ expected: PayloadAddress) throws {
        #expect(try PayloadAddress(parsing: address) == expected)
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
        let error = #expect(throws: PayloadAddress.ParseFailure.self) { try PayloadAddress(parsing: address) }
        let text = error?.description ?? "accepted"
        #expect(text.hasPrefix("\"\(printable(address))\" cannot be used as an address: "), "\(text)")
        #expect(text.contains(reason), "\(text)")
    }

    /// Packages alone, whose digests somebody has signed.
    @Test func plainForWhatIsSigned() throws {
        let address = try PayloadAddress(parsing: "http://host/pool/a.deb", isSigned: true)
        #expect(address == .http("http://host/pool/a.deb") && "\(address)" == "http://host/pool/a.deb")
        for text in ["http://", "http:host", "http://host/a b", "ftp://host/a"] {
            #expect(throws: PayloadAddress.ParseFailure.self) { try PayloadAddress(parsing: text, isSigned: true) }
        }
    }

    /// What is written is read again as the same, however many slashes it began with.
    @Test(arguments: ["file:///a", "file://///a", "file:////////srv/a", "/a", "///a"]) func hasOneSpelling(text: String)
        throws
    {
        let address = try PayloadAddress(parsing: text)
        #expect(try PayloadAddress(parsing: "\(address)") == address && !"\(address)".contains("//"))
    }
}
