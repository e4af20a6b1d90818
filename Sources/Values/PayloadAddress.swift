/// Where a payload comes from, as a lock file says it: `https://HOST/PATH`, or a file.
///
/// Plain `http:` is refused, since `slipway lock` believes what it gets; except for packages, whose digests somebody has signed before
/// they are asked for. Many mirrors of distributions have nothing else.
public enum PayloadAddress: Hashable, Sendable {
    /// The whole address.
    case https(String)
    /// The whole address, of a package.
    case http(String)
    /// A path: absolute, or relative to the directory of the lock file.
    case file(String)

    /// Why a text is not an address.
    public struct ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String

        public var description: String { "\"\(printable(text))\" cannot be used as an address: \(reason)" }
    }

    /// Reads `https://…`, `file:path`, `file:///path`, or a bare path. Nothing is percent-decoded in paths.
    ///
    /// - Parameter isSigned: the digest of what is there is known from a signature; then `http://…` too.
    public init(parsing text: String, isSigned: Bool = false) throws(ParseFailure) {
        func refused(_ reason: String) -> ParseFailure { ParseFailure(text: text, reason: reason) }
        guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
            throw refused("it holds a control character")
        }
        let scheme = Self.scheme(of: text)
        switch scheme {
        case "https":
            try Self.check(text, "https://")
            self = .https(text)
        case "http" where isSigned:
            try Self.check(text, "http://")
            self = .http(text)
        case nil, "file":
            var path = scheme == nil ? text : String(text.dropFirst("file:".count))
            if path.hasPrefix("//") {
                guard path.hasPrefix("///") else { throw refused("a file: address has no host; expected file:///PATH") }
                // One slash, or the path would read as another when it is written and read again.
                path = "/" + path.drop { $0 == "/" }
            }
            guard !path.isEmpty else { throw refused("it names no file") }
            self = .file(path)
        case let other?:
            throw refused("\(other): is not supported; expected https: or file:")
        }
    }

    /// A space would end the address in the request line.
    private static func check(_ text: String, _ beginning: String) throws(ParseFailure) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), text.hasPrefix(beginning),
            text.utf8.count > beginning.utf8.count
        else { throw ParseFailure(text: text, reason: "expected \(beginning)HOST/PATH in ASCII") }
    }

    /// RFC 3986 3.1; a path such as `a/b:c` has none.
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon]
        guard let first = scheme.first, first.isASCII, first.isLetter,
            scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return nil }
        return scheme.lowercased()
    }
}

extension PayloadAddress: CustomStringConvertible {
    /// The one spelling that documents have.
    public var description: String {
        switch self {
        case .https(let text), .http(let text): text
        case .file(let path): "file:" + path
        }
    }
}
