/// Where a payload comes from, as a lock file says it: `https://HOST/PATH`, or a file.
///
/// Plain `http:` is refused: `slipway lock` believes what it gets.
public enum PayloadAddress: Hashable, Sendable {
    /// The whole address.
    case https(String)
    /// A path: absolute, or relative to the directory of the lock file.
    case file(String)

    /// Why a text is not an address.
    public struct ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String

        public var description: String { "\"\(printable(text))\" cannot be used as an address: \(reason)" }
    }

    /// Reads `https://…`, `file:path`, `file:///path`, or a bare path. Nothing is percent-decoded in paths.
    public init(parsing text: String) throws(ParseFailure) {
        func refused(_ reason: String) -> ParseFailure { ParseFailure(text: text, reason: reason) }
        guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
            throw refused("it holds a control character")
        }
        let scheme = Self.scheme(of: text)
        switch scheme {
        case "https":
            // A space would end the address in the request line.
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), text.hasPrefix("https://"),
                text.utf8.count > 8
            else { throw refused("expected https://HOST/PATH in ASCII") }
            self = .https(text)
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
        case .https(let text): text
        case .file(let path): "file:" + path
        }
    }
}
