/// Where a registry's images are asked for: `https://HOST[:PORT][/PATH]`, and plain http on loopback only.
///
/// Without a path the server's `/v2`, the root of the OCI distribution specification; a path that is written is that root itself, as
/// containerd has it, for registries that keep copies of others below a path: `https://harbor.example/v2/docker-hub`.
public struct RegistryEndpoint: Hashable, Sendable, CustomStringConvertible {
    public let isSecure: Bool
    public let host: RegistryHost
    /// Begins with a slash and does not end with one.
    public let path: String

    public init(isSecure: Bool = true, host: RegistryHost, path: String = "/v2") {
        self.isSecure = isSecure
        self.host = host
        self.path = path
    }

    /// Why a text is not an endpoint.
    public struct ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String

        public var description: String { "\"\(printable(text))\" is not the address of a registry: \(reason)" }
    }

    public init(parsing text: String) throws(ParseFailure) {
        func refused(_ reason: String) -> ParseFailure { ParseFailure(text: text, reason: reason) }
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { throw refused("expected https://HOST[:PORT][/PATH]") }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let host = RegistryHost(rest[..<slash]) else { throw refused("it names no host") }
        guard isSecure || host.isLoopback else { throw refused("plain http is for this computer alone; use https") }
        var path = rest[slash...]
        while path.last == "/" { path = path.dropLast() }
        guard path.utf8.count <= 255,
            path.utf8.allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "/._-~".utf8.contains($0)
                }
            }), !path.split(separator: "/").contains("..")
        else { throw refused("its path has characters other than letters, digits and / . _ - ~") }
        self.init(isSecure: isSecure, host: host, path: path.isEmpty ? "/v2" : String(path))
    }

    public var description: String { "\(isSecure ? "https" : "http")://\(host)\(path)" }
}

/// Servers that have what registries have, asked before these.
public struct RegistryMirrors: Hashable, Sendable {
    private let endpoints: [String: [RegistryEndpoint]]

    /// - Parameter endpoints: by registry, in the order in which they are asked; `*` for every registry that is not named.
    public init(_ endpoints: [String: [RegistryEndpoint]] = [:]) { self.endpoints = endpoints }

    /// The mirrors of a registry.
    public subscript(_ host: RegistryHost) -> [RegistryEndpoint] {
        endpoints[host.description] ?? endpoints["*"] ?? []
    }
}
