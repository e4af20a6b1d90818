import Testing

@testable import PKI

/// Text that would change the meaning of a one-line file is refused.
@Suite struct SSHRefusalTests {
    private let key: P256Key
    private let authority: SSHCertificateAuthority

    init() throws {
        key = try Fixture.tree().p256Key()
        authority = try SSHCertificateAuthority(key: key, comment: "ca")
    }

    private func invalid(_ field: String, _ value: String, _ reason: String) -> PKIError {
        .invalidSSHText(field: field, value: value, reason: reason)
    }

    private let oneLine = "has a control character: write it on one line"
    private let oneWord = "must be one word of visible ASCII characters without a comma"

    @Test(arguments: ["a\nb", "a\tb", "\u{7F}"]) func comments(comment: String) {
        #expect(throws: invalid("key comment", comment, oneLine)) { try SSHKeyPair(key, comment: comment) }
        #expect(throws: invalid("key comment", comment, oneLine)) {
            try SSHCertificateAuthority(key: key, comment: comment)
        }
    }

    @Test(arguments: ["a b", "a,b", "é", "a\n"]) func words(word: String) throws {
        let spec = SSHCertificateSpec(keyID: "k", principals: [word], validity: try Fixture.validity(days: 1))
        #expect(throws: invalid("principal", word, oneWord)) {
            try authority.hostCertificate(spec, for: SSHPublicKey(key.publicKey))
        }
    }

    @Test func nothingToNameIsRefused() throws {
        let validity = try Fixture.validity(days: 1)
        let host = SSHPublicKey(key.publicKey)
        #expect(throws: PKIError.noPrincipals(keyID: "k")) {
            try authority.hostCertificate(SSHCertificateSpec(keyID: "k", principals: [], validity: validity), for: host)
        }
        #expect(throws: invalid("key ID", "a\nb", oneLine)) {
            try authority.hostCertificate(
                SSHCertificateSpec(keyID: "a\nb", principals: ["h"], validity: validity), for: host)
        }
    }

    @Test func messagesSayWhatToDo() {
        #expect("\(invalid("principal", "a b", oneWord))" == "SSH principal \"a b\" \(oneWord)")
        #expect(
            "\(PKIError.noPrincipals(keyID: "k"))"
                == "the SSH host certificate \"k\" names no host, which OpenSSH refuses; this is a fault of slipway, not of the topology: "
                + "please report it")
        #expect(
            "\(PKIError.secretLength(31))"
                == "a secrets file holds exactly 32 bytes, this one holds 31"
        )
    }
}
