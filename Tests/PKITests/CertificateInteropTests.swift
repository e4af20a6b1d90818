import ClusterModel
import TestSupport
import Testing
import Values

@testable import PKI

/// OpenSSL's strict verifier judges whole chains.
@Suite(.needs("openssl")) struct CertificateInteropTests {
    private let openssl: Tool
    private let tree: KeyTree
    private let tiers: [CertificateAuthority]
    private let directory: Scratch

    init() throws {
        openssl = try #require(Tool.find("openssl"), "CI needs openssl")
        tree = try Fixture.tree()
        tiers = try Fixture.tiers(tree)
        directory = try Scratch()
    }

    private func verify(_ leaf: IssuedCertificate, _ arguments: [String]) throws -> Child.Outcome {
        let root = try directory.write(tiers[0].certificate.pem, to: "root.pem")
        let chain = try directory.write(tiers[2].chainPEM, to: "chain.pem")
        let file = try directory.write(leaf.pem, to: "leaf.pem")
        let instant = String(Fixture.instant.secondsSince1970)
        return try openssl.run(
            ["verify", "-x509_strict", "-attime", instant, "-CAfile", root, "-untrusted", chain] + arguments + [file])
    }

    private func issue(_ spec: CertificateSpec) throws -> IssuedCertificate {
        try tiers[2].issue(spec, for: spec.key(in: tree).publicKey)
    }

    @Test(arguments: [
        (CertificateProfile.server, "sslserver", true), (.server, "sslclient", false), (.client, "sslclient", true),
        (.client, "sslserver", false), (.serverAndClient, "sslserver", true), (.serverAndClient, "sslclient", true),
    ])
    func purposes(profile: CertificateProfile, purpose: String, accepted: Bool) throws {
        let result = try verify(issue(Fixture.leafSpec("etcd-1", profile: profile)), ["-purpose", purpose])
        #expect((result.status == 0) == accepted, "\(result.transcript)")
    }

    @Test(arguments: [
        (["-verify_hostname", "etcd-1"], true), (["-verify_hostname", "localhost"], true),
        (["-verify_hostname", "etcd-2"], false), (["-verify_ip", "192.168.64.21"], true),
        (["-verify_ip", "10.96.0.1"], true),
        (["-verify_ip", "192.168.64.22"], false),
    ])
    func names(arguments: [String], accepted: Bool) throws {
        let result = try verify(issue(Fixture.leafSpec("etcd-1")), ["-purpose", "sslserver"] + arguments)
        #expect((result.status == 0) == accepted, "\(result.transcript)")
    }

    @Test func aCertificateWithoutASubjectHasCriticalNames() throws {
        var spec = try Fixture.leafSpec("etcd-1", profile: .server)
        spec.subject = Subject(commonName: "")
        let certificate = try issue(spec)
        let result = try verify(certificate, ["-purpose", "sslserver", "-verify_hostname", "etcd-1"])
        #expect(result.status == 0, "\(result.transcript)")
        #expect(try text(certificate).contains("X509v3 Subject Alternative Name: critical"))
    }

    @Test func aCertificateBeyond2050IsVerified() throws {
        let years = try Validity(notBefore: Fixture.epoch, notAfter: Timestamp(secondsSince1970: 3_000_000_000))
        var spec = try Fixture.authoritySpec("root", pathLength: 0, days: 1)
        spec.validity = years
        let root = try CertificateAuthority.root(spec, key: spec.key(in: tree))
        let file = try directory.write(root.certificate.pem, to: "long.pem")
        let instant = String(Fixture.instant.secondsSince1970)
        let result = try openssl.run(["verify", "-x509_strict", "-attime", instant, "-CAfile", file, file])
        #expect(result.status == 0, "\(result.transcript)")
        #expect(try text(root.certificate).contains("Not After : Jan 24 05:20:00 2065 GMT"))
    }

    @Test func aLeafReadsAsIntended() throws {
        var spec = try Fixture.leafSpec("etcd-1")
        spec.subject = Subject(
            commonName: "kubernetes-admin", organizations: ["system:masters", "second"], organizationalUnits: ["unit"],
            country: "DE", state: "Hessen", locality: "Kassel")
        let certificate = try issue(spec)
        let text = try text(certificate)
        let subject =
            "Subject: C = DE, ST = Hessen, L = Kassel, O = system:masters, O = second, OU = unit, CN = kubernetes-admin"
        #expect(text.replacing(" = ", with: "=").contains(subject.replacing(" = ", with: "=")), "\(text)")
        for line in [
            "Signature Algorithm: ecdsa-with-SHA256", "ASN1 OID: prime256v1", "Not Before: Jan  1 00:00:00 2026 GMT",
            "Not After : Jan 31 00:00:00 2026 GMT", "X509v3 Basic Constraints: critical", "CA:FALSE",
            "X509v3 Key Usage: critical", "TLS Web Server Authentication, TLS Web Client Authentication",
            "DNS:etcd-1, DNS:localhost, IP Address:192.168.64.21, IP Address:10.96.0.1",
        ] { #expect(text.contains(line), "\(line) is not in\n\(text)") }
        let serial = try openssl.run(["x509", "-noout", "-serial"], input: certificate.pem)
        #expect(serial.output == "serial=\(certificate.serial)\n")
        let fingerprint = try openssl.run(["x509", "-noout", "-fingerprint", "-sha256"], input: certificate.pem)
        #expect(fingerprint.output.filter(\.isHexDigit).lowercased().hasSuffix(certificate.fingerprintText))
    }

    @Test func anAuthorityReadsAsIntended() throws {
        for (authority, pathLength) in zip(tiers, [2, 1, 0]) {
            let text = try text(authority.certificate)
            #expect(text.contains("CA:TRUE, pathlen:\(pathLength)"), "\(text)")
            #expect(text.contains("Certificate Sign, CRL Sign\n"), "\(text)")
            #expect(!text.contains("Digital Signature"), "\(text)")
        }
    }

    private func text(_ certificate: IssuedCertificate) throws -> String {
        let result = try openssl.run(["x509", "-noout", "-text"], input: certificate.pem)
        #expect(result.status == 0, "\(result.transcript)")
        return result.output
    }
}
