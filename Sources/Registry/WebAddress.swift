import Foundation
import Values

/// An address that curl is given: https, or plain http on loopback. It is put together again from its parts, so that curl and this code
/// never read one text as two hosts.
struct WebAddress: Hashable, Sendable {
    /// Scheme, host and port: what credentials are for.
    struct Origin: Hashable, Sendable, CustomStringConvertible {
        let isSecure: Bool
        let host: RegistryHost

        var description: String { "\(isSecure ? "https" : "http")://\(host)" }

        /// The same with the port written out, for comparing.
        private var port: UInt16 { host.port ?? (isSecure ? 443 : 80) }

        static func == (left: Self, right: Self) -> Bool {
            left.isSecure == right.isSecure && left.host.name == right.host.name && left.port == right.port
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(isSecure)
            hasher.combine(host.name)
            hasher.combine(port)
        }
    }

    let origin: Origin
    /// Path and query, beginning with a slash.
    let target: String

    init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    var text: String { origin.description + target }
    /// Without the query, in which secrets may stand.
    var shown: String { origin.description + (target.split(separator: "?").first ?? "/") }

    /// The longest that is followed.
    private static let limit = 8192

    /// - Parameter base: what a relative one starts from.
    /// - Throws: ``RegistryError/badAnswer(address:reason:)`` for anything but https, or http on loopback.
    init(parsing text: String, relativeTo base: WebAddress? = nil, in asked: String) throws(RegistryError) {
        func bad(_ reason: String) -> RegistryError { .badAnswer(address: asked, reason: reason) }
        guard text.utf8.count <= Self.limit, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let relative = URL(
                string: text, relativeTo: base.flatMap { URL(string: $0.text, encodingInvalidCharacters: false) }),
            let parts = URLComponents(url: relative, resolvingAgainstBaseURL: true), let host = parts.percentEncodedHost
        else { throw bad("it leads to \"\(printable(text))\", which is no address") }
        guard parts.user == nil, parts.password == nil else { throw bad("it leads to an address with a user's name") }
        let port = parts.port.map { ":\($0)" } ?? ""
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        guard let host = RegistryHost(name + port) else {
            throw bad("it leads to \"\(printable(host))\", which is no host")
        }
        let isSecure = parts.scheme?.lowercased() == "https"
        guard isSecure || (parts.scheme?.lowercased() == "http" && host.isLoopback) else {
            throw bad("it leads to \(printable(parts.scheme ?? "")):, and only https is followed")
        }
        origin = Origin(isSecure: isSecure, host: host)
        target =
            (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath)
            + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
    }
}
