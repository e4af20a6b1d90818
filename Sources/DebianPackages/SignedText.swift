import HostSystem
import Transfer

/// The text of an InRelease and the key that signed it.
struct SignedText: Hashable, Sendable {
    let text: [UInt8]
    /// Of the primary key, 40 upper-case hexadecimal digits.
    let fingerprint: String

    /// Verifies an InRelease, which is signed within itself: nothing around the signed part is ever read.
    ///
    /// - Throws: ``DebianError/notSigned(address:keyrings:reason:)``, or what is missing for it.
    init(verifying signed: [UInt8], keyrings: [String], address: String) throws(DebianError) {
        for keyring in keyrings where !keyring.hasPrefix("/") || Files<DebianError>.size(of: keyring) == nil {
            throw .missingKeyring(path: keyring)
        }
        guard let verifier = GPGVerifier(keyrings: keyrings) else { throw .missingTool("gpgv") }
        let verdict: GPGVerifier.Verdict
        do throws(SystemError) { verdict = try verifier.verify(signed) } catch { throw .system(error) }
        switch verdict {
        case .good(let fingerprint, let text): (self.text, self.fingerprint) = (text, fingerprint)
        case .unknown(let reason), .bad(let reason):
            throw .notSigned(address: address, keyrings: keyrings, reason: reason)
        }
    }
}
