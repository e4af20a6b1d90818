import Crypto

/// The content of the secrets file: 32 random bytes from which every key of a cluster derives.
///
/// Printing, dumping or interpolating it shows `<redacted>`; there is no way to read the bytes back.
public struct MasterSecret: Sendable {
    /// The length of the secret in bytes.
    public static let byteCount = 32

    let bytes: [UInt8]

    /// Takes exactly 32 bytes.
    ///
    /// - Throws: `PKIError.secretLength` for any other count.
    public init(bytes: [UInt8]) throws(PKIError) {
        guard bytes.count == Self.byteCount else { throw .secretLength(bytes.count) }
        self.bytes = bytes
    }
}

extension MasterSecret: Redacted {}

/// One node of the tree of keys, from which its children, keys and bytes derive by HKDF-SHA256 (RFC 5869).
///
/// A child's secret is a function of its parent's secret and the label of the edge, so whoever holds a node can derive
/// everything below it and nothing beside or above it. The path is no secret; it is kept for messages.
public struct KeyTree: Sendable {
    /// Where this node is, counted from the root, e.g. `pki/v1/ca/etcd/g1`; empty for the root.
    public let path: String

    let node: SymmetricKey
    /// HKDF's pseudorandom key, extracted from the node's secret once: a node that ten thousand machines branch off from is
    /// asked that often.
    private let extracted: SymmetricKey

    private init(node: SymmetricKey, path: String) {
        self.node = node
        extracted = SymmetricKey(data: HKDF<SHA256>.extract(inputKeyMaterial: node, salt: [UInt8]?.none))
        self.path = path
    }

    /// The root of the tree of a secrets file.
    public init(root: MasterSecret) {
        let node = KeyTree(node: SymmetricKey(data: root.bytes), path: "").derive("root", [], count: 32)
        self.init(node: node, path: "")
    }

    /// The child at one edge. The label is taken as it is: a slash in it is part of the label.
    public func subtree(_ label: String) -> KeyTree {
        KeyTree(
            node: derive("node", Array(label.utf8), count: 32),
            path: path.isEmpty ? label : path + "/" + label)
    }

    /// The node at a path of labels separated by slashes, e.g. `pki/v1/ca/etcd/g1`.
    ///
    /// Every label counts, an empty one too: `a/b` and `a//b` are different nodes. The empty path is this node.
    public func descendant(path: String) -> KeyTree {
        guard !path.isEmpty else { return self }
        return path.split(separator: "/", omittingEmptySubsequences: false)
            .reduce(self) { node, label in node.subtree(String(label)) }
    }

    /// Secret bytes of this node for a symmetric purpose, e.g. an encryption key.
    ///
    /// Requests of different lengths are unrelated: the shorter is no prefix of the longer.
    /// - Throws: `PKIError.tooManyBytes` unless `count` is from 1 to 8160, the most that HKDF-SHA256 yields.
    public func bytes(count: Int) throws(PKIError) -> [UInt8] {
        guard (1...8160).contains(count) else { throw .tooManyBytes(count, path: path) }
        return Self.bytes(of: derive("bytes", Array(String(count).utf8), count: count))
    }

    /// The P-256 signing key of this node, uniform over 1 to n - 1.
    ///
    /// Candidates that are 0 or at least n are rejected, not reduced, so there is no bias (FIPS 186-5, A.2.2).
    public func p256Key() throws(PKIError) -> P256Key {
        let scalar = Scalar.first { counter in Self.bytes(of: derive("p256", [counter], count: 32)) }
        guard let scalar else { throw .noValidScalar(path: path) }
        return try P256Key(scalar: scalar)
    }

    /// The Ed25519 key of this node.
    public func ed25519Key() throws(PKIError) -> Ed25519Key {
        try Ed25519Key(seed: Self.bytes(of: derive("ed25519", [], count: 32)), path: path)
    }

    /// Derives with a purpose in front of the detail, so that no two uses of one node can give the same bytes.
    private func derive(_ purpose: StaticString, _ detail: [UInt8], count: Int) -> SymmetricKey {
        HKDF<SHA256>.expand(
            pseudoRandomKey: extracted,
            info: Array("slipway/v1/\(purpose)".utf8) + [0] + detail,
            outputByteCount: count)
    }

    private static func bytes(of key: SymmetricKey) -> [UInt8] {
        unsafe key.withUnsafeBytes { unsafe Array($0) }
    }
}

extension KeyTree: Redacted {}

/// A value that holds a secret and therefore never shows itself, neither in text nor in a debugger's dump.
///
/// Public only because its conformers are; conform to it to hide a secret of your own.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: ["value": "<redacted>"], displayStyle: .struct) }
}
