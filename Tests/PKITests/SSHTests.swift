import TestSupport
import Testing

@testable import PKI

/// SSH keys, and host certificates, judged by ssh-keygen.
@Suite(.needs("ssh-keygen")) struct SSHTests {
    private let sshKeygen: Tool
    private let tree: KeyTree
    private let directory: Scratch

    init() throws {
        sshKeygen = try #require(Tool.find("ssh-keygen"), "CI needs ssh-keygen")
        tree = try Fixture.tree()
        directory = try Scratch()
    }

    @Test(arguments: ["", "c", "root@etcd-1", "a comment of several words"])
    func privateFilesGiveThePublicKeyAgain(comment: String) throws {
        let pairs = [
            try SSHKeyPair(tree.ed25519Key(), comment: comment), try SSHKeyPair(tree.p256Key(), comment: comment),
        ]
        for pair in pairs {
            let file = try directory.write(pair.privateFile, to: pair.publicKey.algorithm)
            let derived = try sshKeygen.run(["-y", "-f", file])
            #expect(derived.output == pair.publicLine, "\(derived.transcript)")
            let listed = try sshKeygen.run(["-l", "-f", file])
            #expect(listed.output.contains(" \(pair.publicKey.fingerprint) "), "\(listed.transcript)")
        }
    }

    /// A private number with leading zeros, or with its top bit set, has another length on the wire.
    @Test func numbersOfEveryLengthAreRead() throws {
        for (index, scalar) in [
            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "f00000000000000000000000000000000000000000000000000000000001",
            "f000000000000000000000000000000000000000000000000000000000000001",
        ].enumerated() {
            let bytes = hex(scalar)
            let key = try P256Key(rawRepresentation: [UInt8](repeating: 0, count: 32 - bytes.count) + bytes)
            let pair = try SSHKeyPair(key, comment: "")
            let derived = try sshKeygen.run(["-y", "-f", try directory.write(pair.privateFile, to: "key-\(index)")])
            #expect(derived.output == pair.publicLine, "\(derived.transcript)")
        }
    }

    @Test func aHostCertificateReadsAsIntended() throws {
        let authority = try SSHCertificateAuthority(key: tree.subtree("ca").p256Key(), comment: "slipway ssh ca")
        let spec = SSHCertificateSpec(
            keyID: "etcd-1 of ha", principals: ["etcd-1", "192.168.64.21"], validity: try Fixture.validity(days: 30))
        let hosts = [SSHPublicKey(try tree.ed25519Key()), SSHPublicKey(try tree.p256Key().publicKey)]
        for host in hosts {
            let certificate = try authority.hostCertificate(spec, for: host)
            let file = try directory.write(certificate.line, to: "host-cert.pub")
            let listed = try sshKeygen.run(["-L", "-f", file])
            #expect(listed.status == 0, "\(listed.transcript)")
            for line in [
                "Type: \(host.algorithm)-cert-v01@openssh.com host certificate", "\(host.fingerprint)\n",
                "\(authority.publicKey.fingerprint) (using ecdsa-sha2-nistp256)", "Key ID: \"etcd-1 of ha\"",
                "Serial: \(certificate.serial)\n",
                "        Principals: \n                etcd-1\n                192.168.64.21\n",
                "Critical Options: (none)", "Extensions: (none)", "Valid: from 20",
            ] { #expect(listed.output.contains(line), "\(line) is not in\n\(listed.output)") }
            #expect(try authority.hostCertificate(spec, for: host) == certificate)
            #expect(certificate.serial != 0)
        }
    }

    /// ssh-keygen checks the signature as it lists: one flipped bit in the serial is enough.
    @Test func aChangedHostCertificateIsRefused() throws {
        let authority = try SSHCertificateAuthority(key: tree.subtree("ca").p256Key(), comment: "ca")
        let spec = SSHCertificateSpec(keyID: "etcd-1", principals: ["etcd-1"], validity: try Fixture.validity(days: 30))
        let certificate = try authority.hostCertificate(spec, for: SSHPublicKey(tree.ed25519Key()))
        var blob = certificate.blob
        let serial = SSHWire.data { $0.uint64(certificate.serial) }
        let position = try #require(blob.firstRange(of: serial)).lowerBound
        blob[position] ^= 1
        let changed = SSHHostCertificate(algorithm: certificate.algorithm, spec: spec, serial: 0, blob: blob)
        let listed = try sshKeygen.run(["-L", "-f", try directory.write(changed.line, to: "host-cert.pub")])
        #expect(listed.status != 0, "\(listed.transcript)")
    }

    @Test func sameKeysSameBytes() throws {
        let pair = try SSHKeyPair(tree.ed25519Key(), comment: "root@etcd-1")
        let authority = try SSHCertificateAuthority(key: tree.subtree("ca").p256Key(), comment: "ca")
        let spec = SSHCertificateSpec(keyID: "etcd-1", principals: ["etcd-1"], validity: try Fixture.validity(days: 30))
        let certificate = try authority.hostCertificate(spec, for: pair.publicKey)
        let files = [pair.privateFile, certificate.line].joined()
        #expect(sha256(files) == "950170fb43177122fd787eb3d2ef2d3a5758b5579177bf060a1f7d670459ba11")
        var other = spec
        other.principals = ["etcd-1", "etcd-1.local"]
        #expect(try authority.hostCertificate(other, for: pair.publicKey).serial != certificate.serial)
    }
}
