import ClusterModel
import Testing
import Values

@testable import PKI

/// What we issue, without asking another program.
@Suite struct CertificateTests {
    private let tree: KeyTree
    private let issuing: CertificateAuthority

    init() throws {
        tree = try Fixture.tree()
        issuing = try #require(try Fixture.tiers(tree).last)
    }

    private func issue(_ spec: CertificateSpec) throws -> IssuedCertificate {
        try issuing.issue(spec, for: spec.key(in: tree).publicKey)
    }

    @Test func theSameInputGivesTheSameBytesOnEveryPlatform() throws {
        let spec = try Fixture.leafSpec("etcd-1")
        let certificate = try issue(spec)
        #expect(try issue(spec).der == certificate.der)
        #expect(certificate.fingerprintText == "0d524e4c92294ebea4a358de5cb175029e9a276263a786041e97957ee01886af")
        #expect(certificate.notBefore == Fixture.epoch)
        #expect(certificate.notAfter == Fixture.epoch.advanced(bySeconds: 30 * Fixture.day))
    }

    @Test func issuingFromManyThreadsGivesTheSameBytes() async throws {
        let alone = try (0..<40).map { try issue(Fixture.leafSpec("worker-\($0)")).der }
        let together = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for index in 0..<40 {
                group.addTask { (index, try issue(Fixture.leafSpec("worker-\(index)")).der) }
            }
            return try await group.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
        }
        #expect((0..<40).map { together[$0] } == alone)
    }

    @Test func anotherGenerationHasAnotherKeyAndSerial() throws {
        let first = try issue(Fixture.leafSpec("etcd-1"))
        let second = try issue(Fixture.leafSpec("etcd-1", generation: 2))
        #expect(first.spec.keyPath == "pki/v1/leaf/etcd-1/g1")
        #expect(first.publicKey != second.publicKey)
        #expect(first.serial != second.serial)
    }

    @Test func whateverDiffersInACertificateDiffersInItsSerial() throws {
        let specs = [
            try Fixture.leafSpec("etcd-1"), try Fixture.leafSpec("etcd-1", days: 31), try Fixture.leafSpec("etcd-2"),
            try Fixture.leafSpec("etcd-1", profile: .server), try Fixture.leafSpec("etcd-1", generation: 2),
            try Fixture.leafSpec("etcd-1", names: [.dns("etcd-1")]),
        ]
        let key = try tree.p256Key().publicKey
        let serials = try specs.map { try issuing.issue($0, for: key).serial }
        #expect(Set(serials).count == specs.count)
    }

    @Test func serialsHave20OctetsAndTopBits01() throws {
        for index in 0..<64 {
            let certificate = try issue(Fixture.leafSpec("worker-\(index)"))
            #expect(certificate.serial.bytes.count == 20)
            #expect(certificate.serial.bytes[0] & 0xC0 == 0x40)
            #expect(certificate.serial.description.count == 40)
            #expect(certificate.der.firstRange(of: [0x02, 0x14] + certificate.serial.bytes) != nil)
        }
    }

    @Test func keyIdentifiersAreTheLeft160BitsOfSHA256() throws {
        let certificate = try issue(Fixture.leafSpec("etcd-1"))
        let subjectKey: [UInt8] = [0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14] + certificate.publicKey.keyIdentifier
        let authorityKey: [UInt8] = [0x55, 0x1D, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14]
        #expect(certificate.publicKey.keyIdentifier.count == 20)
        #expect(certificate.der.firstRange(of: subjectKey) != nil)
        #expect(certificate.der.firstRange(of: authorityKey + issuing.key.publicKey.keyIdentifier) != nil)
    }

    @Test func subjectsAreUTF8AndCountriesPrintable() throws {
        var spec = try Fixture.leafSpec("etcd-1")
        spec.subject.locality = "Köln"
        spec.subject.country = "DE"
        let der = try issue(spec).der
        #expect(der.firstRange(of: [0x55, 0x04, 0x07, 0x0C, 5] + Array("Köln".utf8)) != nil)
        #expect(der.firstRange(of: [0x55, 0x04, 0x06, 0x13, 2] + Array("DE".utf8)) != nil)
    }

    @Test func theChainGoesUpToTheRoot() {
        #expect(issuing.name == "test etcd CA")
        #expect(
            issuing.chain.map(\.spec.subject.commonName) == ["test etcd CA", "test intermediate CA", "test root CA"])
        #expect(issuing.chainPEM == issuing.chain[0].pem + issuing.chain[1].pem)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"), (1_767_225_600, "2026-01-01T00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"), (-1, "second -1"),
    ])
    func timestampsPrintAsDates(seconds: Int64, text: String) {
        #expect(Timestamp(secondsSince1970: seconds).description == text)
    }

    @Test func timestampsStopAtTheEndsOfTheirRange() {
        #expect(Timestamp(secondsSince1970: .max).advanced(bySeconds: 1) == Timestamp(secondsSince1970: .max))
        #expect(Timestamp(secondsSince1970: .min).advanced(bySeconds: -1) == Timestamp(secondsSince1970: .min))
        #expect(Timestamp(secondsSince1970: 5).advanced(bySeconds: -2) == Timestamp(secondsSince1970: 3))
    }
}
