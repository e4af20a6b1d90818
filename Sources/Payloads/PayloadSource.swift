public import SystemPackage

/// Where a payload comes from.
///
/// Plain `http:` is refused: `slipway lock` believes what it gets.
public enum PayloadSource: Hashable, Sendable {
    /// The whole address.
    case https(String)
    /// Absolute, or relative to the directory of the lock file.
    case file(FilePath)

    /// Reads an address of a lock file: `https://…`, `file:path`, `file:///path`, or a bare path. Nothing is percent-decoded in
    /// paths.
    public init(parsing address: String, of name: String) throws(PayloadError) {
        func refused(_ reason: String) -> PayloadError {
            .unsupportedAddress(name: name, address: address, reason: reason)
        }
        guard address.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
            throw refused("it holds a control character")
        }
        let scheme = Self.scheme(of: address)
        switch scheme {
        case "https":
            // A space would end the address in the request line.
            guard address.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), address.hasPrefix("https://"),
                address.utf8.count > 8
            else { throw refused("expected https://HOST/PATH in ASCII") }
            self = .https(address)
        case nil, "file":
            var path = scheme == nil ? address : String(address.dropFirst("file:".count))
            if path.hasPrefix("//") {
                guard path.hasPrefix("///") else { throw refused("a file: address has no host; expected file:///PATH") }
                path = String(path.dropFirst(2))
            }
            guard !path.isEmpty else { throw refused("it names no file") }
            self = .file(FilePath(path))
        case let other?:
            throw refused("\(other): is not supported; expected https: or file:")
        }
    }

    /// One spelling for the lock file.
    public var address: String {
        switch self {
        case .https(let address): address
        case .file(let path): "file:" + path.string
        }
    }

    /// RFC 3986 3.1; a path such as `a/b:c` has none.
    private static func scheme(of address: String) -> String? {
        guard let colon = address.firstIndex(of: ":") else { return nil }
        let scheme = address[..<colon]
        guard let first = scheme.first, first.isASCII, first.isLetter,
            scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return nil }
        return scheme.lowercased()
    }
}
