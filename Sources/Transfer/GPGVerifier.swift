public import HostSystem

/// Verifies signatures of OpenPGP with gpgv, the verifier of GnuPG that apt uses: it has no configuration, no agent and no web of trust, and
/// knows no key but those it is given.
public struct GPGVerifier: Sendable {
    let program: String
    let keyrings: [String]

    /// More than any text that is signed within itself.
    public static let sizeLimit = 16 << 20

    /// - Parameter keyrings: absolute paths of files that gpgv reads; a name without a slash it would look for in the user's own directory.
    /// - Returns: nil where there is no gpgv.
    public init?(keyrings: [String]) {
        guard let program = ExternalCommand.locate("gpgv") ?? ExternalCommand.locate("/opt/homebrew/bin/gpgv") else {
            return nil
        }
        (self.program, self.keyrings) = (program, keyrings)
    }

    /// What came out.
    public enum Verdict: Hashable, Sendable {
        /// - Parameters:
        ///   - fingerprint: of the primary key, 40 upper-case hexadecimal digits.
        ///   - text: what was signed. Nothing around it is in it.
        case good(fingerprint: String, text: [UInt8])
        /// Nobody whose key is known has signed, for this reason: it proves nothing, and refutes nothing.
        case unknown(String)
        /// A known key's signature does not hold, or the key no longer does.
        case bad(String)
    }

    /// - Parameter signature: apart from the text; nil when the text is signed within itself (RFC 9580, 7).
    public func verify(_ text: [UInt8], signature: [UInt8]? = nil) throws(SystemError) -> Verdict {
        // SHA-1 and RIPEMD-160 are not accepted, as apt does not; MD5 never is.
        var arguments = [program, "--status-fd", "2", "--weak-digest", "SHA1", "--weak-digest", "RIPEMD160"]
        for keyring in keyrings { arguments += ["--keyring", keyring] }
        guard let signature else {
            let result = try run(arguments + ["--output", "-"], reading: text)
            let verdict = Self.verdict(result.errors, of: Array(result.output.utf8))
            if case .good(_, let text) = verdict, text.isEmpty { return .bad("gpgv gave out no text") }
            return verdict
        }
        let file = try TemporaryFile<SystemError>(signature)
        return Self.verdict(try run(arguments + [file.path, "-"], reading: text).errors, of: text)
    }

    private func run(_ arguments: [String], reading text: [UInt8]) throws(SystemError) -> CommandResult {
        try ExternalCommand(
            arguments, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], inheritsEnvironment: false,
            input: .bytes(text)
        ).limited(to: 60, bytes: Self.sizeLimit).run()
    }

    /// The first key with a good signature, by gpgv's status lines (GnuPG's doc/DETAILS).
    ///
    /// Archives sign with several keys, of which a keyring may lack some; so a signature by an unknown key is passed over, while a
    /// wrong one by a known key makes the whole text bad.
    static func verdict(_ status: String, of text: [UInt8]) -> Verdict {
        var good: String?
        var isGood = false
        var failure = Verdict.unknown("gpgv found no signature")
        for line in status.split(separator: "\n") where line.hasPrefix("[GNUPG:] ") {
            let words = line.dropFirst("[GNUPG:] ".count).split(separator: " ")
            switch words.first {
            case "NEWSIG": isGood = false
            case "GOODSIG": isGood = true
            case "VALIDSIG":
                // Also written for keys that have expired, behind EXPKEYSIG. The last word is the primary key.
                if isGood, good == nil, let last = words.last, last.utf8.count == 40 { good = String(last) }
            case "BADSIG": return .bad("the text was changed after it was signed, or is cut off")
            case "NO_PUBKEY":
                failure = .unknown("it is by a key that is not in the keyring (\(words.last ?? "unknown"))")
            case "EXPKEYSIG": failure = .bad("the key that made it has expired; update the keyring")
            case "EXPSIG": failure = .bad("it has expired")
            case "REVKEYSIG": failure = .bad("the key that made it was revoked; update the keyring")
            default: break
            }
        }
        return good.map { .good(fingerprint: $0, text: text) } ?? failure
    }
}
