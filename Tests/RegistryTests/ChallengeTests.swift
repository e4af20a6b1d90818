import Testing

@testable import Registry

@Suite("What a server asks for")
struct ChallengeTests {
    @Test("is read as RFC 9110 writes it")
    func reading() throws {
        let field =
            #"Bearer realm="https://auth.example/token",service="registry, \"x\"" , scope="repository:a/b:pull""#
        let challenge = try #require(Challenge.list(field).first)
        #expect(challenge.scheme == "bearer")
        #expect(
            challenge.parameters == [
                "realm": "https://auth.example/token", "service": "registry, \"x\"", "scope": "repository:a/b:pull",
            ])
        let both = Challenge.list(#"Basic realm="x", Bearer realm="https://auth.example""#)
        #expect(both.map(\.scheme) == ["basic", "bearer"])
        #expect(both.last?.parameters["realm"] == "https://auth.example")
    }

    @Test("and what cannot be read ends the list", arguments: ["", "=", "Bearer realm=\"", ",,", "é", "Bearer =x"])
    func broken(field: String) {
        #expect(Challenge.list(field).allSatisfy { $0.parameters.isEmpty })
    }

    @Test("A head has a status and fields, whatever the version of HTTP")
    func head() throws {
        let head = try #require(HTTPHead("HTTP/2 206\r\nContent-Range:  bytes 5-9/10 \r\nX: a:b\r\n\r\n"))
        #expect(head.status == 206)
        #expect(head["content-range"] == "bytes 5-9/10")
        #expect(head["x"] == "a:b")
        for text in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 42\r\n\r\n"] {
            #expect(HTTPHead(text) == nil)
        }
    }

    @Test(
        "A redirect leads to https, or on loopback to http, and its origin is told by scheme, host and port",
        arguments: [
            ("https://b.example/x?y=z", "https://b.example/x?y=z"), ("/x", "https://a.example/x"),
            ("//b.example:8443/x", "https://b.example:8443/x"), ("http://127.0.0.1:5000/x", "http://127.0.0.1:5000/x"),
            ("http://b.example/x", nil), ("ftp://b.example/x", nil), ("https://a.example@b.example/", nil),
            ("https://a.example\\@b.example/", nil), ("https:///x", nil), ("file:///etc/passwd", nil),
        ] as [(String, String?)])
    func redirects(text: String, expected: String?) throws {
        let base = try WebAddress(parsing: "https://a.example/v2/", in: "test")
        #expect((try? WebAddress(parsing: text, relativeTo: base, in: "test"))?.text == expected)
        let port = try WebAddress(parsing: "https://a.example:443/z", in: "test")
        #expect(port.origin == base.origin)
    }
}
