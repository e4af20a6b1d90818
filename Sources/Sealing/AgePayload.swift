import Crypto
import Foundation
import HostSystem

/// The part of an age file that is encrypted (age.md, "Payload"): pieces of 64 KiB, each with a code of its own; which is the last is
/// part of what the code vouches for, so that nothing can be cut off or appended.
enum Payload {
    static let pieceSize = 64 << 10
    static let codeSize = 16
    static let nonceSize = 16

    static func key(_ fileKey: SymmetricKey, _ nonce: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: fileKey, salt: nonce, info: Array("payload".utf8), outputByteCount: 32)
    }

    static func nonce(_ number: Int64, isLast: Bool) throws -> ChaChaPoly.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        for index in 0..<8 { bytes[10 - index] = UInt8(truncatingIfNeeded: number >> Int64(8 * index)) }
        bytes[11] = isLast ? 1 : 0
        return try ChaChaPoly.Nonce(data: bytes)
    }
}

/// Seals what it is given, piece by piece; the whole is complete after ``finish()``.
public final class AgeWriter {
    private let key: SymmetricKey
    private let write: ([UInt8]) throws -> Void
    private var held: [UInt8] = []
    private var number: Int64 = 0

    /// Writes the header. Each has a key of its own: the same content sealed twice is not the same.
    ///
    /// - Parameter write: takes the sealed bytes, in order.
    public init(for recipients: Recipients, write: @escaping ([UInt8]) throws -> Void) throws {
        let fileKey = SymmetricKey(size: SymmetricKeySize(bitCount: 8 * Wrapping.fileKeySize))
        let stanzas: [AgeHeader.Stanza]
        switch recipients {
        case .keys(let keys):
            guard keys.count <= Recipients.limit else { throw SealingError.tooManyRecipients(limit: Recipients.limit) }
            stanzas = try keys.map { (key) throws(SealingError) in try key.wrap(fileKey) }
        case .passphrase(let passphrase): stanzas = [try passphrase.wrap(fileKey)]
        }
        let nonce = Randomness.bytes(Payload.nonceSize)
        key = Payload.key(fileKey, nonce)
        self.write = write
        held.reserveCapacity(Payload.pieceSize)
        try write(AgeHeader(stanzas, fileKey: fileKey).bytes + nonce)
    }

    deinit { SecretBytes.erase(&held) }

    public func append(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A full piece waits until it is known whether another follows.
            if held.count == Payload.pieceSize { try flush(isLast: false) }
            let taken = rest.prefix(Payload.pieceSize - held.count)
            held += taken
            rest = rest.dropFirst(taken.count)
        }
    }

    public func finish() throws {
        try flush(isLast: true)
        SecretBytes.erase(&held)
    }

    private func flush(isLast: Bool) throws {
        let box = try ChaChaPoly.seal(held, using: key, nonce: Payload.nonce(number, isLast: isLast))
        try write(Array(box.ciphertext) + Array(box.tag))
        number += 1
        held.removeAll(keepingCapacity: true)
    }
}

/// Opens an age file wherever one looks into it: what is read was authenticated, and only the pieces that are read are in memory.
public struct AgeReader: Sendable {
    /// Bytes of what was sealed.
    public let size: Int64
    private let key: SymmetricKey
    private let start: Int64
    private let pieceCount: Int64
    private let end: Int64
    private let read: @Sendable (Int64, Int) throws -> [UInt8]

    /// - Parameters:
    ///   - size: bytes of the age file.
    ///   - read: gives exactly so many bytes of it from an offset.
    /// - Throws: ``SealingError``, also when the end is not the one that was made.
    public init(
        size: Int64, with identities: [Identity],
        read: @escaping @Sendable (_ offset: Int64, _ count: Int) throws -> [UInt8]
    ) throws {
        let header = try AgeHeader(parsing: read(0, Int(min(size, Int64(AgeHeader.limit)))))
        let fileKey = try Identity.unwrap(header, with: identities)
        guard header.isAuthentic(fileKey) else { throw SealingError.damaged(reason: "its header was changed") }
        start = Int64(header.bytes.count + Payload.nonceSize)
        let sealed = size - start
        let piece = Int64(Payload.pieceSize + Payload.codeSize)
        pieceCount = max(1, (sealed + piece - 1) / piece)
        let last = sealed - (pieceCount - 1) * piece
        // Only of nothing the last piece may be empty.
        guard last >= Payload.codeSize, last > Payload.codeSize || pieceCount == 1 else {
            throw SealingError.damaged(reason: "it ends too early")
        }
        key = Payload.key(fileKey, try read(start - Int64(Payload.nonceSize), Payload.nonceSize))
        self.size = sealed - pieceCount * Int64(Payload.codeSize)
        (self.end, self.read) = (size, read)
        // age.md: who wants to know where the end is has to see that it is one.
        var final = try opened(pieceCount - 1)
        SecretBytes.erase(&final)
    }

    /// What was sealed, from an offset; whoever keeps secrets of it overwrites them.
    public func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size - Int64(count) else {
            throw SealingError.damaged(reason: "it is shorter than was expected")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let place = offset + Int64(bytes.count)
            let (number, inside) = place.quotientAndRemainder(dividingBy: Int64(Payload.pieceSize))
            var piece = try opened(number)
            bytes += piece.dropFirst(Int(inside)).prefix(count - bytes.count)
            SecretBytes.erase(&piece)
        }
        return bytes
    }

    private func opened(_ number: Int64) throws -> [UInt8] {
        let place = start + number * Int64(Payload.pieceSize + Payload.codeSize)
        let sealed = try read(place, Int(min(end - place, Int64(Payload.pieceSize + Payload.codeSize))))
        do {
            let box = try ChaChaPoly.SealedBox(
                nonce: Payload.nonce(number, isLast: number == pieceCount - 1),
                ciphertext: sealed.dropLast(Payload.codeSize), tag: sealed.suffix(Payload.codeSize))
            return [UInt8](try ChaChaPoly.open(box, using: key))
        } catch {
            throw SealingError.damaged(reason: "piece \(number + 1) of \(pieceCount) was changed, cut off or moved")
        }
    }
}
