import HostSystem
import Values

/// The text of an InRelease and the key that signed it.
struct SignedText: Hashable, Sendable {
    let text: [UInt8]
    /// Of the primary key, 40 upper-case hexadecimal digits.
    let fingerprint: String
}

/// Verification of an InRelease: text in the clear-signed form of OpenPGP (RFC 9580, 7).
///
/// By gpgv, the verifier of GnuPG that apt uses: it has no configuration, no agent and no web of trust, and believes the keys of one
/// file. It also gives out the text that it verified, so that nothing around the signed part is ever read.
enum ReleaseSignature {
    /// Larger than any suite's by far.
    static let sizeLimit = 16 << 20

    static func command(gpgv: String, keyring: String) -> ExternalCommand {
        // SHA-1 and RIPEMD-160 are not accepted as apt does not; MD5 never is.
        ExternalCommand(
            [
                gpgv, "--status-fd", "2", "--weak-digest", "SHA1", "--weak-digest", "RIPEMD160", "--keyring", keyring,
                "--output", "-",
            ], environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], inheritsEnvironment: false)
    }

    static func verify(_ signed: [UInt8], keyring: String, address: String) throws(DebianError) -> SignedText {
        guard let gpgv = ExternalCommand.locate("gpgv") ?? ExternalCommand.locate("/opt/homebrew/bin/gpgv") else {
            throw .missingTool("gpgv")
        }
        // gpgv looks for a name without a slash in the user's own directory.
        guard keyring.hasPrefix("/"), Files<DebianError>.size(of: keyring) != nil else {
            throw .missingKeyring(path: keyring)
        }
        let result: CommandResult
        do throws(SystemError) {
            result = try command(gpgv: gpgv, keyring: keyring).reading(.bytes(signed))
                .limited(to: 60, bytes: sizeLimit).run()
        } catch { throw .system(error) }
        let fingerprint = try signer(result.errors, keyring: keyring, address: address)
        guard !result.output.isEmpty else {
            throw .notSigned(address: address, keyring: keyring, reason: "gpgv gave out no text")
        }
        return SignedText(text: Array(result.output.utf8), fingerprint: fingerprint)
    }

    /// The first key with a good signature, by gpgv's status lines (GnuPG's doc/DETAILS).
    ///
    /// Debian signs with several keys, of which a keyring may lack some; so a signature by an unknown key is passed over, while a
    /// wrong one by a known key makes the whole text bad.
    static func signer(_ status: String, keyring: String, address: String) throws(DebianError) -> String {
        var good: String?
        var isGood = false
        var reason = "gpgv found no signature"
        for line in status.split(separator: "\n") where line.hasPrefix("[GNUPG:] ") {
            let words = line.dropFirst("[GNUPG:] ".count).split(separator: " ")
            switch words.first {
            case "NEWSIG": isGood = false
            case "GOODSIG": isGood = true
            case "VALIDSIG":
                // Also written for keys that have expired, behind EXPKEYSIG. The last word is the primary key.
                if isGood, good == nil, let last = words.last, last.utf8.count == 40 { good = String(last) }
            case "BADSIG":
                throw .notSigned(
                    address: address, keyring: keyring,
                    reason: "the text was changed after it was signed, or is cut off")
            case "NO_PUBKEY": reason = "it is by a key that is not in the keyring (\(words.last ?? "unknown"))"
            case "EXPKEYSIG": reason = "the key that made it has expired; update the keyring"
            case "EXPSIG": reason = "it has expired"
            case "REVKEYSIG": reason = "the key that made it was revoked; update the keyring"
            default: break
            }
        }
        guard let good else { throw .notSigned(address: address, keyring: keyring, reason: reason) }
        return good
    }
}
