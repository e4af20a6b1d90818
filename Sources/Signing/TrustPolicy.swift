import HostSystem

/// Whose bundles a computer uses: a file of allowed signers, in the format of ssh-keygen(1).
///
/// Where one is named, or a person has set one for good with `slipway trust add`, a bundle that none of them has signed is refused
/// before anything else in it is read.
public struct TrustPolicy: Hashable, Sendable {
    /// The file of allowed signers.
    public let path: String

    public init(path: String) { self.path = path }

    /// Where the policy stands that holds for every command of a person.
    ///
    /// - Returns: nil when the environment names no home.
    public static func standardPath(_ environment: [String: String]) -> String? {
        let configuration =
            environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { "\($0)/.config" }
        return configuration.map { "\($0)/slipway/allowed_signers" }
    }

    /// The policy in force: the named file, else the standing one where it is there and names anybody.
    ///
    /// - Throws: ``SigningError/noPolicy(path:)`` when the named file is not there.
    public static func inForce(
        _ named: String?, _ environment: [String: String]
    ) throws(SigningError) -> TrustPolicy? {
        if let named {
            guard Files<SigningError>.size(of: named) != nil else { throw .noPolicy(path: named) }
            return TrustPolicy(path: named)
        }
        guard let path = standardPath(environment), try Files<SigningError>.read(path) != nil else { return nil }
        return TrustPolicy(path: path)
    }

    // MARK: Judging

    /// Who signed a bundle.
    public struct Signer: Hashable, Sendable {
        /// As the file of allowed signers names them.
        public let name: String
        public let keyType: String
        public let fingerprint: String
    }

    /// Looks for a signature that counts.
    ///
    /// - Parameters:
    ///   - message: the bytes of the bundle's image index.
    ///   - bundle: the bundle as errors call it.
    /// - Throws: ``SigningError/unsigned(bundle:policy:)`` or ``SigningError/rejected(bundle:policy:reasons:)``.
    public func signer(
        of message: [UInt8], signatures: [BundleSignature], bundle: String
    ) throws(SigningError) -> Signer {
        guard !signatures.isEmpty else { throw .unsigned(bundle: bundle, policy: path) }
        var reasons: [String] = []
        for signature in signatures {
            switch try SSHKeygen.verify(signature, of: message, allowed: path) {
            case .success(let name):
                return Signer(name: name, keyType: signature.keyType, fingerprint: signature.fingerprint)
            case .failure(let refusal): reasons.append("\(signature.fingerprint): \(refusal.reason)")
            }
        }
        throw .rejected(bundle: bundle, policy: path, reasons: reasons)
    }

    // MARK: The file

    /// A line of the file.
    public struct Entry: Hashable, Sendable {
        /// The signer's names, as they stand there.
        public let names: String
        /// Options, key type, key and comment.
        public let rest: String
    }

    /// Who is named, in the file's order; comments are left out.
    public func entries() throws(SigningError) -> [Entry] {
        try lines().compactMap { line in
            let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            guard words.count == 2, !line.hasPrefix("#") else { return nil }
            return Entry(names: String(words[0]), rest: String(words[1]))
        }
    }

    /// Names a signer, for bundles alone.
    ///
    /// - Parameter publicKey: the path of the key, as `ssh-keygen` leaves it in a file ending in `.pub`.
    /// - Returns: the key's fingerprint.
    public func add(_ name: String, publicKey: String) throws(SigningError) -> String {
        let allowed = name.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"',#*?!\\".utf8.contains($0) }
        guard allowed, (1...200).contains(name.utf8.count) else { throw .badName(name) }
        let fingerprint = try SSHKeygen.fingerprint(of: publicKey)
        guard let size = Files<SigningError>.size(of: publicKey), size <= 64 << 10,
            let bytes = try Files<SigningError>.read(publicKey),
            let words = String(validating: bytes, as: UTF8.self)?.split(whereSeparator: \.isWhitespace),
            // A private key has a fingerprint too.
            words.count >= 2, words[0].allSatisfy({ $0.isASCII && !$0.isWhitespace }), !words[0].hasPrefix("-")
        else { throw .notPublicKey(path: publicKey) }
        let key = "namespaces=\"\(BundleSignature.namespace)\" \(words[0]) \(words[1])"
        guard try !entries().contains(Entry(names: name, rest: key)) else {
            throw .policyExists(name: name, path: path)
        }
        try write(lines() + ["\(name) \(key)"])
        return fingerprint
    }

    /// Removes all lines that name this signer and nobody else.
    ///
    /// - Returns: how many there were.
    public func remove(_ name: String) throws(SigningError) -> Int {
        let all = try lines()
        let kept = all.filter { $0.split(maxSplits: 1, whereSeparator: \.isWhitespace).first.map(String.init) != name }
        guard kept.count < all.count else { throw .noSigner(name: name, path: path) }
        try write(kept)
        return all.count - kept.count
    }

    private func lines() throws(SigningError) -> [String] {
        guard let bytes = try Files<SigningError>.read(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    }

    private func write(_ lines: [String]) throws(SigningError) {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if !directory.isEmpty { try Files<SigningError>.makeDirectory(directory, mode: 0o700) }
        try Files<SigningError>.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: path)
    }
}
