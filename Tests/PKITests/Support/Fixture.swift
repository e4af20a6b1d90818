import ClusterModel
import Crypto
import Values

@testable import PKI

/// Fixed inputs: nothing in these tests depends on the day or on chance.
enum Fixture {
    /// 2026-01-01T00:00:00Z.
    static let epoch = Timestamp(secondsSince1970: 1_767_225_600)
    static let day: Int64 = 86_400
    /// An instant in which every fixture is valid, for `openssl -attime`.
    static let instant = epoch.advanced(bySeconds: 2 * day)

    static func tree(_ first: UInt8 = 0) throws -> KeyTree {
        KeyTree(root: try MasterSecret(bytes: (0..<32).map { first &+ $0 }))
    }

    static func validity(days: Int64) throws -> Validity {
        try Validity(notBefore: epoch, notAfter: epoch.advanced(bySeconds: days * day))
    }

    static func authoritySpec(_ name: String, pathLength: Int, days: Int64) throws -> CertificateSpec {
        CertificateSpec(
            path: "pki/v1/ca/\(name)", subject: Subject(commonName: "test \(name) CA", organizations: ["Slipway"]),
            profile: .authority(pathLength: pathLength), validity: try validity(days: days))
    }

    static func leafSpec(
        _ name: String, profile: CertificateProfile = .serverAndClient, generation: Int = 1, days: Int64 = 30,
        names: [AlternativeName]? = nil
    ) throws -> CertificateSpec {
        CertificateSpec(
            path: "pki/v1/leaf/\(name)", generation: generation,
            subject: Subject(commonName: name, organizations: ["system:nodes"]),
            alternativeNames: try names ?? [
                .dns(name), .dns("localhost"), .address(IPv4Address(rawValue: 0xC0A8_4015)),
                .address(IPv4Address(rawValue: 0x0A60_0001)),
            ],
            profile: profile, validity: try validity(days: days))
    }

    /// Root, intermediate and issuing authority, as in a real cluster.
    static func tiers(_ tree: KeyTree) throws -> [CertificateAuthority] {
        let rootSpec = try authoritySpec("root", pathLength: 2, days: 365)
        let root = try CertificateAuthority.root(rootSpec, key: rootSpec.key(in: tree))
        let intermediateSpec = try authoritySpec("intermediate", pathLength: 1, days: 180)
        let intermediate = try root.subordinate(intermediateSpec, key: intermediateSpec.key(in: tree))
        let issuingSpec = try authoritySpec("etcd", pathLength: 0, days: 90)
        return [root, intermediate, try intermediate.subordinate(issuingSpec, key: issuingSpec.key(in: tree))]
    }
}

extension CertificateSpec {
    /// The key's path in the tree: the certificate's path and its generation.
    var keyPath: String { "\(path)/g\(generation)" }

    /// The key of this certificate, from the root of the tree.
    func key(in tree: KeyTree) throws(PKIError) -> P256Key { try tree.descendant(path: keyPath).p256Key() }
}

extension KeyTree {
    /// The 32 secret bytes of this node.
    var nodeBytes: [UInt8] { unsafe node.withUnsafeBytes { unsafe Array($0) } }
}
