import Crypto
import CryptoExtras
import Foundation
public import HostSystem
import SystemPackage
import Values

/// For whom something is sealed.
public enum Recipients: Sendable {
    case keys([Recipient])
    case passphrase(Passphrase)

    /// The most keys.
    package static let limit = 1000
}

/// A passphrase, overwritten when nobody holds it any more.
public final class Passphrase: Sendable {
    private let bytes: SecretBytes

    /// The longest, in bytes.
    public static let limit = 1024
    /// The work that is done to seal, log2 of scrypt's N: 256 MiB and about a second. age and rage take the same.
    private static let workFactor = 18
    /// The most that is done to open: 1 GiB.
    private static let workFactorLimit = 20
    private static let label = "age-encryption.org/v1/scrypt"

    /// - Throws: ``SealingError/emptyPassphrase``.
    public init(_ bytes: consuming SecretBytes) throws(SealingError) {
        guard bytes.count > 0 else { throw .emptyPassphrase }
        self.bytes = bytes
    }

    /// The first line of a file, which may be a pipe.
    public convenience init(contentsOf path: String) throws(SealingError) {
        let file = OwnedDescriptor(owning: try Files<SealingError>.openForReading(path))
        var bytes = SecretBytes(capacity: Self.limit)
        let isWhole: Bool
        do throws(Errno) { isWhole = try bytes.read(from: file.descriptor) } catch {
            throw .system(SystemError("read", path, error))
        }
        guard isWhole else { throw .tooLong(what: "the passphrase in \(path)", limit: Self.limit) }
        bytes.keepFirstLine()
        try self.init(bytes)
    }

    /// Asks for it at the terminal.
    ///
    /// - Parameter confirming: whether it has to be typed twice.
    public static func ask(confirming: Bool) throws(SealingError) -> Passphrase {
        let first = try typed("Passphrase: ")
        if confirming {
            let second = try typed("The same again: ")
            guard first.isSame(as: second) else { throw .passphrasesDiffer }
        }
        return first
    }

    private static func typed(_ question: String) throws(SealingError) -> Passphrase {
        switch SecretPrompt.ask(question, limit: limit) {
        case .typed(let bytes): return try Passphrase(bytes)
        case .noTerminal: throw .noTerminal
        case .cancelled: throw .cancelled
        case .tooLong: throw .tooLong(what: "the passphrase", limit: limit)
        }
    }

    private func isSame(as other: Passphrase) -> Bool {
        unsafe bytes.withBytes { mine in unsafe other.bytes.withBytes { unsafe mine.elementsEqual($0) } }
    }

    /// age.md, "The scrypt recipient type".
    func wrap(_ fileKey: SymmetricKey) throws(SealingError) -> AgeHeader.Stanza {
        let salt = Randomness.bytes(16)
        return AgeHeader.Stanza(
            arguments: ["scrypt", RawBase64.text(salt), "\(Self.workFactor)"],
            body: try Wrapping.wrap(fileKey, with: key(salt, Self.workFactor)))
    }

    /// - Throws: ``SealingError/wrongPassphrase`` too.
    func unwrap(_ stanza: AgeHeader.Stanza) throws(SealingError) -> SymmetricKey {
        guard stanza.arguments.count == 3, let salt = RawBase64.bytes(stanza.arguments[1].utf8), salt.count == 16,
            stanza.arguments[2].utf8.allSatisfy({ (0x30...0x39).contains($0) }), !stanza.arguments[2].hasPrefix("0"),
            stanza.body.count == Wrapping.size
        else { throw .damaged(reason: "its stanza for a passphrase is not as age writes one") }
        guard let factor = Int(stanza.arguments[2]), factor <= Self.workFactorLimit else {
            throw .workFactor(Int(stanza.arguments[2]) ?? .max, limit: Self.workFactorLimit)
        }
        guard let fileKey = Wrapping.unwrap(stanza.body, with: try key(salt, factor)) else { throw .wrongPassphrase }
        return fileKey
    }

    private func key(_ salt: [UInt8], _ factor: Int) throws(SealingError) -> SymmetricKey {
        let key = unsafe bytes.withBytes { bytes in
            try? unsafe KDF.Scrypt.deriveKey(
                from: bytes, salt: Array(Self.label.utf8) + salt, outputByteCount: 32, rounds: 1 << factor,
                blockSize: 8, parallelism: 1)
        }
        guard let key else { throw .system(SystemError("make a key from", "the passphrase", .noMemory)) }
        return key
    }
}

/// A public key that something can be sealed for.
public struct Recipient: Hashable, Sendable {
    private enum Kind: Hashable {
        case native
        /// The key in SSH's wire encoding.
        case ssh(wire: [UInt8])
    }

    private let kind: Kind
    /// On Curve25519, in the form of RFC 7748.
    private let point: [UInt8]

    /// Reads `age1…` or `ssh-ed25519 AAAA… comment`.
    public init(parsing text: String) throws(SealingError) {
        func refused(_ reason: String) -> SealingError {
            .notRecipient(text.utf8.count > 80 ? text.prefix(40) + "…" : text, reason: reason)
        }
        if text.hasPrefix("age1") {
            guard let bytes = Bech32.bytes(text.utf8, prefix: "age"), bytes.count == 32 else {
                throw refused("it is mistyped, or of a kind that is not known here")
            }
            (kind, point) = (.native, bytes)
            return
        }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count >= 2, words[0] == "ssh-ed25519" else {
            throw refused(
                text.hasPrefix("AGE-SECRET-KEY-") ? "it is a private key" : "its type is not known here")
        }
        guard let wire = RawBase64.bytes(words[1].utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()),
            let key = SSHEd25519.publicKey(in: wire)
        else { throw refused("the key is not as OpenSSH writes it") }
        (kind, point) = (.ssh(wire: wire), Curve25519Point.montgomery(ofEdwards: key))
    }

    /// A file of recipients, one a line; empty lines and those that begin with # are left out.
    public static func list(_ path: String) throws(SealingError) -> [Recipient] {
        guard let size = Files<SealingError>.size(of: path), size <= 1 << 20,
            let bytes = try Files<SealingError>.read(path), let text = String(validating: bytes, as: UTF8.self)
        else { throw .notRecipient(path, reason: "there is no such file") }
        var recipients: [Recipient] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.isEmpty || line.hasPrefix("#") { continue }
            recipients.append(try Recipient(parsing: String(line.reversed().drop { $0.isWhitespace }.reversed())))
        }
        guard !recipients.isEmpty else { throw .noRecipients(path: path) }
        return recipients
    }

    /// age.md, "The X25519 recipient type"; with SSH keys as age's own implementation has it since 2019 (agessh).
    func wrap(_ fileKey: SymmetricKey) throws(SealingError) -> AgeHeader.Stanza {
        let ephemeral = Curve25519.KeyAgreement.PrivateKey()
        let share = Array(ephemeral.publicKey.rawRepresentation)
        switch kind {
        case .native:
            let key = try KeyAgreement.wrapKey(ephemeral, point, salt: share + point, label: KeyAgreement.nativeLabel)
            return AgeHeader.Stanza(
                arguments: ["X25519", RawBase64.text(share)], body: try Wrapping.wrap(fileKey, with: key))
        case .ssh(let wire):
            let key = try KeyAgreement.wrapKey(
                ephemeral, point, salt: share + point, label: SSHEd25519.label, tweak: SSHEd25519.tweak(wire))
            return AgeHeader.Stanza(
                arguments: [SSHEd25519.type, SSHEd25519.tag(wire), RawBase64.text(share)],
                body: try Wrapping.wrap(fileKey, with: key))
        }
    }
}

enum Randomness {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// A file key under another key: ChaCha20-Poly1305 with a nonce of zeros, since no such key is used twice.
enum Wrapping {
    static let fileKeySize = 16
    /// Of what comes of it.
    static let size = fileKeySize + 16

    static func wrap(_ fileKey: SymmetricKey, with key: SymmetricKey) throws(SealingError) -> [UInt8] {
        do {
            let nonce = try ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12))
            let box = try unsafe fileKey.withUnsafeBytes { try unsafe ChaChaPoly.seal($0, using: key, nonce: nonce) }
            return Array(box.ciphertext) + Array(box.tag)
        } catch { throw .damaged(reason: "the file key cannot be wrapped: \(error)") }
    }

    /// Nil when it was wrapped with another key.
    static func unwrap(_ body: [UInt8], with key: SymmetricKey) -> SymmetricKey? {
        guard let nonce = try? ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12)), body.count == size,
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce, ciphertext: body[..<fileKeySize], tag: body[fileKeySize...]),
            var plain = (try? ChaChaPoly.open(box, using: key)).map({ [UInt8]($0) })
        else { return nil }
        defer { SecretBytes.erase(&plain) }
        return SymmetricKey(data: plain)
    }
}
