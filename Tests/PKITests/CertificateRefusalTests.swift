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

    private let report = "this is a fault of slipway, not of the topology: please report it"

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
                == "a certificate was planned without a path; \(report)"
        )
        #expect(
            try refusal { $0.alternativeNames = [] }
                == "the server certificate pki/v1/leaf/etcd-1 was planned without a host or an address, no client would accept it; \(report)"
        )
        #expect(
            try refusal {
                $0.alternativeNames = []
                $0.profile = .client
                $0.subject = Subject(commonName: "")
            }
                == "the certificate pki/v1/leaf/etcd-1 was planned without a name; \(report)"
        )
        #expect(
            try refusal { $0.profile = .authority(pathLength: 0) }
                == "pki/v1/leaf/etcd-1 was planned as an authority and would be issued as a leaf; \(report)")
        #expect(
            try refusal { $0.validity = try Fixture.validity(days: 91) }
                == "pki/v1/leaf/etcd-1 would be valid from 2026-01-01T00:00:00Z to 2026-04-02T00:00:00Z, but its issuer "
                + "test etcd CA only from 2026-01-01T00:00:00Z to 2026-04-01T00:00:00Z: shorten it, or let the issuer live longer, in pki.lifetimes"
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
                == "pki/v1/ca/x was planned with 0 authorities below it, and its issuer test etcd CA has room for 0 in all; \(report)"
        )
        #expect(
            try refusal(tiers[1], .authority(pathLength: 1))
                == "pki/v1/ca/x was planned with 1 authorities below it, and its issuer test intermediate CA has room for 1 in all; \(report)"
        )
        #expect(
            try refusal(tiers[1], .client)
                == "pki/v1/ca/x was planned as client and would issue certificates; \(report)"
        )
        #expect(
            try refusal(tiers[0], .authority(pathLength: -1))
                == "pki/v1/ca/x was planned as authority(pathLength: -1) and would issue certificates; \(report)")
        #expect(
            message { _ = try CertificateAuthority.root(Fixture.leafSpec("x"), key: key) }.contains(
                "would issue certificates")
        )
    }

    @Test func anAuthorityForClientsIssuesNoServer() throws {
        var spec = try Fixture.authoritySpec("csr", pathLength: 0, days: 30)
        spec.profile = .authority(pathLength: 0, clientsOnly: true)
        let authority = try CertificateAuthority.root(spec, key: spec.key(in: tree))
        for profile in [CertificateProfile.server, .serverAndClient] {
            var leaf = try Fixture.leafSpec("etcd-1", profile: profile)
            leaf.validity = try Fixture.validity(days: 1)
            #expect(
                message { _ = try authority.issue(leaf, for: tree.p256Key().publicKey) }
                    == "pki/v1/leaf/etcd-1 was planned as a server, but its issuer test csr CA vouches for clients only; \(report)"
            )
        }
        var client = try Fixture.leafSpec("etcd-1", profile: .client)
        client.validity = try Fixture.validity(days: 1)
        #expect(message { _ = try authority.issue(client, for: tree.p256Key().publicKey) } == "nothing was refused")
    }

    @Test func validities() {
        let epoch = Fixture.epoch
        #expect(
            message { _ = try Validity(notBefore: epoch, notAfter: epoch) }
                == "a certificate would be valid from 2026-01-01T00:00:00Z to 2026-01-01T00:00:00Z, which is no time at all: raise pki.lifetimes"
        )
        for seconds in [Int64(-1), 253_402_300_800, .min, .max] {
            #expect(
                message { _ = try Validity(notBefore: epoch, notAfter: Timestamp(secondsSince1970: seconds)) }
                    == "a certificate would begin or end \(seconds) seconds after 1970, and can hold 1970-01-01 to 9999-12-31 only: change epoch or pki.lifetimes"
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
}
