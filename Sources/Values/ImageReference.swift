/// The server that a container image's name begins with: a DNS name or an address, and perhaps a port.
public struct RegistryHost: Hashable, Sendable, CustomStringConvertible {
    /// Lower case; an IPv6 address in brackets.
    public let name: String
    /// Nil for the scheme's own.
    public let port: UInt16?

    /// Where names without a host lead to.
    public static let dockerHub = RegistryHost(name: "docker.io", port: nil)

    private init(name: String, port: UInt16?) {
        self.name = name
        self.port = port
    }

    /// Reads `registry.k8s.io`, `localhost:5000`, `192.0.2.1:5000` or `[::1]:5000`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard (1...253 + 6).contains(text.utf8.count) else { return nil }
        var name = Substring(text)
        var port: UInt16?
        if let colon = name.lastIndex(of: ":"), name.last != "]" {
            let digits = name[name.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(digits), number > 0 else {
                return nil
            }
            port = number
            name = name[..<colon]
        }
        let lower = name.lowercased()
        guard DNSLabel.isValidDomain(lower) || Self.isBracketedAddress(lower) else { return nil }
        // The name that Docker's own client still writes (distribution/reference, "normalize").
        self.init(name: lower == "index.docker.io" ? Self.dockerHub.name : lower, port: port)
    }

    private static func isBracketedAddress(_ text: String) -> Bool {
        text.hasPrefix("[") && text.hasSuffix("]") && (4...47).contains(text.utf8.count)
            && text.dropFirst().dropLast().utf8.allSatisfy { $0 == UInt8(ascii: ":") || Hexadecimal.digit($0) != nil }
    }

    /// Whether what is sent to it cannot leave this computer.
    public var isLoopback: Bool {
        if name == "localhost" || name == "[::1]" { return true }
        return IPv4Address(name).map { $0.rawValue >> 24 == 127 } ?? false
    }

    public var description: String { port.map { "\(name):\($0)" } ?? name }
}

/// The name of a container image: `registry.k8s.io/coredns/coredns:v1.12.1`, with a tag, a digest, or both.
///
/// Read as containerd and Docker read it (distribution/reference): a name whose first part is no host is docker.io's, there without a
/// slash it is `library/`'s, and without tag and digest it is `latest`. So a reference has one spelling, the one that containerd keeps it under.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    public let registry: RegistryHost
    /// Such as `coredns/coredns`; the host is not part of it.
    public let repository: String
    /// Nil only with a digest.
    public let tag: String?
    /// What the name stands for, when it says so; a registry may still answer with an index of several platforms.
    public let digest: Digest?

    /// Why a text names no image.
    public struct ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String

        public var description: String { "\"\(printable(text))\" is not the name of an image: \(reason)" }
    }

    private init(registry: RegistryHost, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    public init(parsing text: String) throws(ParseFailure) {
        func refused(_ reason: String) -> ParseFailure { ParseFailure(text: text, reason: reason) }
        guard text.utf8.count <= 512 else { throw refused("it is longer than 512 bytes") }
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            do throws(Digest.ParseFailure) {
                digest = try Digest(parsing: String(rest[rest.index(after: at)...]))
            } catch {
                throw refused("after @, \(error.reason)")
            }
            rest = rest[..<at]
        }
        var tag: String?
        // A colon in the host stands before a slash.
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let written = rest[rest.index(after: colon)...]
            guard Self.isTag(written) else {
                throw refused(
                    "its tag is not 1 to 128 letters, digits, '_', '.' and '-', beginning with neither of the last two")
            }
            tag = String(written)
            rest = rest[..<colon]
        }
        var registry = RegistryHost.dockerHub
        if let slash = rest.firstIndex(of: "/"), Self.isHost(rest[..<slash]) {
            // Written in lower case it must still be one, or what is written would be read as another.
            guard let host = RegistryHost(rest[..<slash]), Self.isHost(Substring(host.description)) else {
                throw refused("its first part is not a host")
            }
            registry = host
            rest = rest[rest.index(after: slash)...]
        }
        let repository = registry == .dockerHub && !rest.contains("/") ? "library/\(rest)" : String(rest)
        guard !rest.isEmpty, repository.utf8.count <= 255,
            repository.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPathComponent)
        else {
            throw refused("expected [HOST[:PORT]/]NAME[:TAG][@sha256:…], the name in lower case")
        }
        self.init(
            registry: registry, repository: repository, tag: tag ?? (digest == nil ? "latest" : nil), digest: digest)
    }

    /// The same image, pinned: what every request after the first asks for.
    public func pinned(to digest: Digest) -> ImageReference {
        ImageReference(registry: registry, repository: repository, tag: tag, digest: digest)
    }

    public var description: String {
        "\(registry)/\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// What tells a host from the first part of a name on docker.io.
    private static func isHost(_ text: Substring) -> Bool {
        text.contains(".") || text.contains(":") || text == "localhost" || text.contains { $0.isUppercase }
    }

    private static func isTag(_ text: Substring) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.enumerated().allSatisfy { index, byte in
                isLetterOrDigit(byte) || (65...90).contains(byte) || byte == UInt8(ascii: "_")
                    || (index > 0 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")))
            }
    }

    /// Letters and digits, joined by one dot, one or two underscores, or any number of dashes.
    private static func isPathComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        guard let first = text.utf8.first, let last = text.utf8.last, isLetterOrDigit(first), isLetterOrDigit(last)
        else {
            return false
        }
        for byte in text.utf8 {
            if isLetterOrDigit(byte) {
                separator = []
                continue
            }
            guard "._-".utf8.contains(byte), separator.allSatisfy({ $0 == byte }) else { return false }
            separator.append(byte)
            let limit = byte == UInt8(ascii: ".") ? 1 : byte == UInt8(ascii: "_") ? 2 : 255
            guard separator.count <= limit else { return false }
        }
        return true
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}

extension ImageReference {
    /// The images that a text names as Kubernetes' manifests and containerd's configuration do: `image: NAME` of a container, `sandbox = "NAME"`
    /// or `sandbox_image = "NAME"`. What cannot be read as an image's name is left out.
    public static func named(in text: String) -> Set<ImageReference> {
        var images: Set<ImageReference> = []
        for line in text.split(whereSeparator: \.isNewline) {
            var rest = line.drop { " \t".contains($0) }
            // A list's first key stands behind its dash.
            while rest.hasPrefix("- ") { rest = rest.dropFirst(2).drop { $0 == " " } }
            for key in ["image:", "sandbox =", "sandbox_image ="] where rest.hasPrefix(key) {
                let value = rest.dropFirst(key.count).prefix { $0 != "#" }.filter { !" \t\"'".contains($0) }
                if let image = try? ImageReference(parsing: String(value)) { images.insert(image) }
            }
        }
        return images
    }
}
