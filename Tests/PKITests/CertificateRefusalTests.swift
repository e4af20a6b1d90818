import ClusterModel
import Testing
import Values

@testable import PKI

/// Each refusal, with the words a person sees.
@Suite struct CertificateRefusalTests {
    private let tree: KeyTree
    private let tiers: [CertificateAuthority]

    init() throws {
        tree = try Fixture.tree()
        tiers = try Fixture.tiers(tree)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was refused"
        } catch {
            return "\(error)"
        }
    }

    private func refusal(of change: (inout CertificateSpec) throws -> Void) throws -> String {
        var spec = try Fixture.leafSpec("etcd-1")
        try change(&spec)
        return message { _ = try tiers[2].issue(spec, for: tree.p256Key().publicKey) }
    }

    @Test func specs() throws {
        #expect(
            try refusal { $0.path = "" }
                == "a certificate needs a path such as pki/v1/ca/etcd, since its key and serial derive from it: give one"
        )
        #expect(
            try refusal { $0.alternativeNames = [] }
                == "the server certificate pki/v1/leaf/etcd-1 has no subject alternative name, so no client would accept it: "
                + "name its hosts or addresses")
        #expect(
            try refusal {
                $0.alternativeNames = []
                $0.profile = .client
                $0.subject = Subject(commonName: "")
            }
                == "the certificate pki/v1/leaf/etcd-1 has neither a subject nor a subject alternative name: give it a common name"
        )
        #expect(
            try refusal { $0.profile = .authority(pathLength: 0) }
                == "pki/v1/leaf/etcd-1 has the profile of an authority, but was issued as a leaf: issue it with "
                + "subordinate(_:key:)")
        #expect(
            try refusal { $0.validity = try Fixture.validity(days: 91) }
                == "pki/v1/leaf/etcd-1 would be valid from 2026-01-01T00:00:00Z to 2026-04-02T00:00:00Z, but its issuer "
                + "test etcd CA only from 2026-01-01T00:00:00Z to 2026-04-01T00:00:00Z: shorten it or renew the issuer first"
        )
    }

    @Test(arguments: [
        (Subject(commonName: String(repeating: "x", count: 65)), "has 65 characters, RFC 5280 allows 64: shorten it"),
        (Subject(commonName: "a\nb"), "subject common name \"a\\nb\" has a control character: remove it"),
        (Subject(commonName: "a", organizations: [""]), "subject organization \"\" is empty: leave it out instead"),
        (
            Subject(commonName: "a", country: "de"),
            "subject country \"de\" is not a country code: write two capital letters"
        ),
        (Subject(commonName: "a", country: "DEU"), "subject country \"DEU\" has 3 characters, RFC 5280 allows 2"),
    ])
    func subjects(subject: Subject, text: String) throws {
        let refusal = try refusal { $0.subject = subject }
        #expect(refusal.contains(text), "\(refusal)")
    }

    @Test func authorities() throws {
        let key = try tree.p256Key()
        func refusal(_ issuer: CertificateAuthority, _ profile: CertificateProfile) throws -> String {
            var spec = try Fixture.authoritySpec("x", pathLength: 0, days: 30)
            spec.profile = profile
            return message { _ = try issuer.subordinate(spec, key: key) }
        }
        #expect(
            try refusal(tiers[2], .authority(pathLength: 0))
                == "pki/v1/ca/x asks to be an authority, but test etcd CA has pathLength 0 and may issue leaves only: "
                + "issue it from a higher tier")
        #expect(
            try refusal(tiers[1], .authority(pathLength: 1))
                == "pki/v1/ca/x asks for pathLength 1, but test intermediate CA allows at most 0 below it: lower the request"
        )
        #expect(
            try refusal(tiers[1], .client)
                == "pki/v1/ca/x has the profile client, but a certificate authority needs the profile authority(pathLength:)"
        )
        #expect(
            try refusal(tiers[0], .authority(pathLength: -1))
                == "pki/v1/ca/x has the profile authority(pathLength: -1), but a certificate authority needs the profile "
                + "authority(pathLength:)")
        #expect(
            message { _ = try CertificateAuthority.root(Fixture.leafSpec("x"), key: key) }.contains("needs the profile")
        )
    }

    @Test func validities() {
        let epoch = Fixture.epoch
        #expect(
            message { _ = try Validity(notBefore: epoch, notAfter: epoch) }
                == "the validity from 2026-01-01T00:00:00Z to 2026-01-01T00:00:00Z is empty: notAfter must be later than notBefore"
        )
        for seconds in [Int64(-1), 253_402_300_800, .min, .max] {
            #expect(
                message { _ = try Validity(notBefore: epoch, notAfter: Timestamp(secondsSince1970: seconds)) }
                    == "\(seconds) seconds since 1970 cannot be written in a certificate: stay between 1970-01-01 and 9999-12-31"
            )
        }
    }

    @Test(arguments: [
        ("", "1 to 253 are allowed"), (String(repeating: "a", count: 254), "1 to 253 are allowed"), ("a..b", "1 to 63"),
        ("a.", "no dot at the end"), (String(repeating: "a", count: 64), "64 characters"),
        ("-a", "begins or ends with a hyphen"),
        ("a-.b", "begins or ends with a hyphen"), ("a_b", "letters, digits, hyphens"), ("bücher.example", "in ASCII"),
        ("*", "letters, digits"), ("a.*", "letters, digits"), ("a b", "letters, digits"), ("a\u{0}", "\\0"),
    ])
    func hostNames(name: String, text: String) {
        let refusal = message { _ = try AlternativeName.dns(name) }
        #expect(refusal.contains(text), "\(refusal)")
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.+4", "1.2.3.4/24", ":", ":::", "1:2:3:4:5:6:7",
        "::1::",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "fe80::1%eth0", "12345::", "+1::", "::1.2.3", "1.2.3.4::",
    ])
    func addresses(text: String) {
        #expect(message { _ = try AlternativeName.address(text) }.hasPrefix("\"\(text)\" is not an IP address: write"))
    }

    @Test func addressesOfAnotherLength() {
        #expect(
            message { _ = try AlternativeName.address([1, 2, 3]) }.hasPrefix("a value of 3 bytes is not an IP address"))
    }

    @Test(arguments: [
        ("10.96.0.1", "IP:10.96.0.1"), ("0.0.0.0", "IP:0.0.0.0"), ("::", "IP:0:0:0:0:0:0:0:0"),
        ("::1", "IP:0:0:0:0:0:0:0:1"),
        ("fd00::", "IP:fd00:0:0:0:0:0:0:0"), ("1:2:3:4:5:6:7:8", "IP:1:2:3:4:5:6:7:8"), ("1::8", "IP:1:0:0:0:0:0:0:8"),
        ("::ffff:10.0.0.1", "IP:0:0:0:0:0:ffff:a00:1"), ("1:2:3:4:5:6:10.0.0.1", "IP:1:2:3:4:5:6:a00:1"),
    ])
    func addressesThatAreRead(text: String, description: String) throws {
        #expect(try AlternativeName.address(text).description == description)
    }
}
