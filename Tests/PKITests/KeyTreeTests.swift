import ClusterModel
import Testing
import Values

@testable import PKI

/// Derivation, pinned by values computed with Python's hmac: a change here would change every key of every cluster.
@Suite struct KeyTreeTests {
    @Test func knownValues() throws {
        let node = try Fixture.tree().descendant(path: "pki/v1/ca/etcd/g1")
        #expect(node.path == "pki/v1/ca/etcd/g1")
        #expect(
            Hexadecimal.text(node.nodeBytes) == "76c123760a8c3bca98d88ab7c97300a3c4689e3ed6cea12acf085a3c625c2702")
        #expect(try Hexadecimal.text(node.bytes(count: 16)) == "e50dc626056a8610690334ba4ab40bc0")
        #expect(
            try Hexadecimal.text(node.bytes(count: 32))
                == "3adc318de5eea97eb2a83609f4269c1baa6957365d9953f026c27fc0db31fffd")
        #expect(
            try Hexadecimal.text(node.p256Key().rawRepresentation)
                == "621105129eff32dc2477f98b70dd19f59972f91447591536f88acb1aef784924")
        let ed25519 = try node.ed25519Key()
        #expect(Hexadecimal.text(ed25519.seed) == "2c769098405d53823940a4abbe23fbaec5e56bc55fbba15c4101d25df6f07cea")
        #expect(
            Hexadecimal.text(ed25519.publicKey) == "32d6dbe6c834d1172070c1aed258248ee1de93a0c165d596789dbd9055bf43a6")
    }

    @Test func aSubtreeDerivesTheSameKeysBelowIt() throws {
        let node = try Fixture.tree().descendant(path: "pki/v1")
        #expect(
            try node.descendant(path: "ca/etcd").nodeBytes
                == Fixture.tree().descendant(path: "pki/v1/ca/etcd").nodeBytes)
        #expect(node.descendant(path: "ca/etcd").path == "pki/v1/ca/etcd")
    }

    @Test func aPathIsItsLabelsOneByOne() throws {
        let tree = try Fixture.tree()
        #expect(tree.descendant(path: "a/b").nodeBytes == tree.subtree("a").subtree("b").nodeBytes)
        #expect(tree.descendant(path: "").nodeBytes == tree.nodeBytes)
        let nodes = [
            tree, tree.subtree("a/b"), tree.descendant(path: "a/b"), tree.descendant(path: "a//b"), tree.subtree(""),
            tree.descendant(path: "b/a"), tree.descendant(path: "a/b/g1"), tree.descendant(path: "a/b/g2"),
            try Fixture.tree(1).descendant(path: "a/b"),
        ]
        #expect(Set(nodes.map(\.nodeBytes)).count == nodes.count)
    }

    @Test func noTwoUsesOfANodeGiveTheSameBytes() throws {
        let node = try Fixture.tree().subtree("x")
        let uses = [
            node.nodeBytes, try node.bytes(count: 32), try node.p256Key().rawRepresentation,
            try node.ed25519Key().seed, node.subtree("").nodeBytes, node.subtree("32").nodeBytes,
        ]
        #expect(Set(uses).count == uses.count)
    }

    @Test(arguments: [0, 31, 33, 64]) func aSecretHas32Bytes(count: Int) {
        #expect(throws: PKIError.secretLength(count)) { try MasterSecret(bytes: [UInt8](repeating: 1, count: count)) }
    }

    @Test(arguments: [-1, 0, 8161]) func countsThatHKDFCannotGiveAreRefused(count: Int) throws {
        let node = try Fixture.tree().subtree("x")
        #expect(throws: PKIError.tooManyBytes(count, path: "x")) { try node.bytes(count: count) }
        #expect(try node.bytes(count: 8160).count == 8160)
    }

    @Test func nothingSecretIsPrinted() throws {
        let secret = try MasterSecret(bytes: Array(0..<32))
        let tree = KeyTree(root: secret)
        let key = try tree.p256Key()
        let host = try tree.ed25519Key()
        let pair = try SSHKeyPair(host, comment: "")
        let authority = try SSHCertificateAuthority(key: key, comment: "")
        for value in [secret, tree, key, host, pair, authority] as [any Sendable] {
            var dumped = ""
            dump(value, to: &dumped)
            #expect("\(value)" == "<redacted>")
            #expect(String(reflecting: value) == "<redacted>")
            #expect(dumped.contains("<redacted>"))
            #expect(!dumped.contains("limbs") && !dumped.contains("seed") && !dumped.contains("bytes"))
        }
        var dumped = ""
        dump([try #require(try Fixture.tiers(tree).last)], to: &dumped)
        #expect(dumped.contains("key: <redacted>"))
        #expect(!dumped.contains("limbs"))
    }
}
