import Crypto
import HostSystem
import SystemPackage
import Values

/// What opens something that was sealed.
public enum Identity: Sendable {
    case key(PrivateKey)
    case passphrase(Passphrase)

    /// The longest file of identities, in bytes.
    private static let fileLimit = 64 << 10

    /// Reads a file: what age-keygen makes, any number of them, or one OpenSSH private key. It may be a pipe.
    ///
    /// - Throws: ``SealingError/exposedIdentity(path:)`` for a file that others can read.
    public static func list(_ path: String) throws(SealingError) -> [Identity] {
        let file = OwnedDescriptor(owning: try Files<SealingError>.openForReading(path))
        var text = SecretBytes(capacity: fileLimit)
        let (isExposed, isWhole): (Bool, Bool)
        do throws(Errno) {
            let status = try SystemCalls.status(of: file.descriptor)
            isExposed = status.kind == .regular && status.bits & 0o077 != 0
            isWhole = isExposed ? false : try text.read(from: file.descriptor)
        } catch { throw .system(SystemError("read", path, error)) }
        guard !isExposed else { throw .exposedIdentity(path: path) }
        guard isWhole else { throw .tooLong(what: path, limit: fileLimit) }
        return try unsafe text.withBytes { bytes throws(SealingError) in try unsafe list(bytes, path) }
    }

    private static func list(_ text: UnsafeRawBufferPointer, _ path: String) throws(SealingError) -> [Identity] {
        if unsafe text.starts(with: SSHEd25519.firstLine.utf8) {
            return [.key(try unsafe SSHEd25519.privateKey(in: text, path))]
        }
        var identities: [Identity] = []
        let lines = unsafe text.split(separator: 10)
        for index in unsafe lines.indices {
            var line = unsafe lines[index]
            if unsafe line.last == 13 { unsafe line = line.dropLast() }
            if unsafe line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            guard var bytes = unsafe Bech32.bytes(line, prefix: "age-secret-key-") else {
                throw .notIdentity(path: path, reason: "a line of it is not AGE-SECRET-KEY-1…")
            }
            defer { SecretBytes.erase(&bytes) }
            guard let secret = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
                throw .notIdentity(path: path, reason: "a key in it has \(bytes.count) bytes, expected 32")
            }
            identities.append(.key(PrivateKey(secret)))
        }
        guard !identities.isEmpty else { throw .notIdentity(path: path, reason: "it holds no key") }
        return identities
    }

    /// The file key, when one of these was meant.
    static func unwrap(_ header: AgeHeader, with identities: [Identity]) throws(SealingError) -> SymmetricKey {
        // age.md: a passphrase stands alone, so that whoever knows it knows that nobody else could have sealed the file.
        let isPassphrase = header.stanzas.contains { $0.type == "scrypt" }
        guard !isPassphrase || header.stanzas.count == 1 else {
            throw .damaged(reason: "it is sealed with a passphrase and for others too")
        }
        var hasFitting = false
        for identity in identities {
            switch identity {
            case .passphrase(let passphrase):
                guard isPassphrase, let stanza = header.stanzas.first else { continue }
                return try passphrase.unwrap(stanza)
            case .key(let key):
                if isPassphrase { continue }
                hasFitting = true
                for stanza in header.stanzas {
                    if let fileKey = try key.unwrap(stanza) { return fileKey }
                }
            }
        }
        throw isPassphrase ? .needsPassphrase : hasFitting ? .notForThese : .needsIdentity
    }
}

/// A private key of age's own kind, or of OpenSSH's Ed25519.
public struct PrivateKey: Sendable {
    private let secret: Curve25519.KeyAgreement.PrivateKey
    /// Of an SSH key: the public one in SSH's wire encoding.
    private let wire: [UInt8]?

    init(_ secret: Curve25519.KeyAgreement.PrivateKey, wire: [UInt8]? = nil) {
        self.secret = secret
        self.wire = wire
    }

    /// - Returns: nil when the stanza is for somebody else.
    /// - Throws: ``SealingError/damaged(reason:)`` for one of this key's type that is not as it must be.
    func unwrap(_ stanza: AgeHeader.Stanza) throws(SealingError) -> SymmetricKey? {
        guard stanza.type == (wire == nil ? "X25519" : SSHEd25519.type) else { return nil }
        let count = wire == nil ? 2 : 3
        guard stanza.arguments.count == count, let share = RawBase64.bytes(stanza.arguments[count - 1].utf8),
            share.count == 32, stanza.body.count == Wrapping.size
        else { throw .damaged(reason: "a stanza of type \(stanza.type) is not as age writes one") }
        if let wire, stanza.arguments[1] != SSHEd25519.tag(wire) { return nil }
        let own = Array(secret.publicKey.rawRepresentation)
        let key = try KeyAgreement.wrapKey(
            secret, share, salt: share + own, label: wire == nil ? KeyAgreement.nativeLabel : SSHEd25519.label,
            tweak: wire.map(SSHEd25519.tweak))
        return Wrapping.unwrap(stanza.body, with: key)
    }
}

/// X25519 (RFC 7748), and the key that follows from it.
enum KeyAgreement {
    static let nativeLabel = "age-encryption.org/v1/X25519"

    /// - Parameter tweak: a scalar that the shared secret is multiplied with.
    static func wrapKey(
        _ secret: Curve25519.KeyAgreement.PrivateKey, _ point: [UInt8], salt: [UInt8], label: String,
        tweak: SymmetricKey? = nil
    ) throws(SealingError) -> SymmetricKey {
        var shared = try product(secret, point)
        defer { SecretBytes.erase(&shared) }
        if let tweak {
            let scalar = try? unsafe tweak.withUnsafeBytes {
                try unsafe Curve25519.KeyAgreement.PrivateKey(rawRepresentation: Array($0))
            }
            guard let scalar else { throw .damaged(reason: "a key of it cannot be used") }
            var tweaked = try product(scalar, shared)
            swap(&shared, &tweaked)
            SecretBytes.erase(&tweaked)
        }
        return HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: shared), salt: salt, info: Array(label.utf8), outputByteCount: 32)
    }

    /// - Throws: for a point of low order, whose product says nothing about the secret and is the same for everybody.
    private static func product(
        _ secret: Curve25519.KeyAgreement.PrivateKey, _ point: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        guard let other = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: point),
            let shared = try? secret.sharedSecretFromKeyAgreement(with: other)
        else { throw .damaged(reason: "a public key in it is of low order") }
        let bytes = unsafe shared.withUnsafeBytes { unsafe Array($0) }
        guard bytes.reduce(0, |) != 0 else { throw .damaged(reason: "a public key in it is of low order") }
        return bytes
    }
}
