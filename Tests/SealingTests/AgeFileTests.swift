import Foundation
import HostSystem
import Sealing
import SystemPackage
import TestSupport
import Testing

/// The age files themselves: small ones, of which every byte counts.
@Suite("age files") struct AgeFileTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        // The key pair that the specification shows.
        try scratch.write(
            "key", "# a comment\n\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\r\n",
            mode: 0o600)
    }

    private let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    private func seal(_ content: [UInt8]) throws -> [UInt8] {
        let collector = Collector()
        let writer = try AgeWriter(for: .keys([Recipient(parsing: recipient)])) { collector.bytes += $0 }
        // In uneven portions: pieces are the writer's own business.
        var rest = content[...]
        var portion = 1
        while !rest.isEmpty {
            try writer.append(Array(rest.prefix(portion)))
            rest = rest.dropFirst(portion)
            portion = portion * 3 + 1
        }
        try writer.finish()
        return collector.bytes
    }

    private final class Collector { var bytes: [UInt8] = [] }

    private func reader(_ bytes: [UInt8]) throws -> AgeReader {
        try AgeReader(size: Int64(bytes.count), with: Identity.list(scratch.file("key"))) { offset, count in
            Array(bytes[Int(offset)..<(Int(offset) + count)])
        }
    }

    private func open(_ bytes: [UInt8]) throws -> [UInt8] {
        let reader = try reader(bytes)
        return try reader.bytes(at: 0, count: Int(reader.size))
    }

    @Test("sizes around the ends of pieces", arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
    func sizes(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let content = random.bytes(count)
        let sealed = try seal(content)
        #expect(try open(sealed) == content)
        let reader = try reader(sealed)
        // Anywhere in it, over the ends of pieces too.
        for offset in [0, 1, 65_530, 131_070] where offset + 20 <= count {
            #expect(try reader.bytes(at: Int64(offset), count: 20) == Array(content[offset..<(offset + 20)]))
        }
        #expect(throws: SealingError.self) { try reader.bytes(at: 0, count: count + 1) }
        #expect(throws: SealingError.self) { try open(sealed + [0]) }
        #expect(throws: SealingError.self) { try open(Array(sealed.dropLast())) }
        // A whole last piece that is missing.
        if count > 65_536 {
            let rest = (count - 1) % 65_536 + 1 + 16
            #expect(throws: SealingError.self) { try open(Array(sealed.dropLast(rest))) }
        }
    }

    @Test("every flipped bit of a small file, and every length that is too short, is noticed")
    func everyByte() throws {
        let sealed = try seal(Array("what is secret".utf8))
        #expect(try open(sealed) == Array("what is secret".utf8))
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << UInt8(bit)
                #expect(throws: SealingError.self, "byte \(position), bit \(bit)") { try open(changed) }
            }
            #expect(throws: SealingError.self, "\(position) bytes") { try open(Array(sealed[..<position])) }
        }
    }

    @Test("pieces that changed places are noticed") func pieces() throws {
        let sealed = try seal([UInt8](repeating: 7, count: 3 * 65_536))
        let start = sealed.count - 3 * 65_552
        let pieces = (0..<3).map { Array(sealed[(start + $0 * 65_552)..<(start + ($0 + 1) * 65_552)]) }
        for order in [[1, 0, 2], [0, 0, 2], [0, 2], [0, 1]] {
            let changed = Array(sealed[..<start]) + order.flatMap { pieces[$0] }
            #expect(throws: SealingError.self, "\(order)") { try open(changed) }
        }
    }

    @Test("a header that does not end is read no further than its limit") func endless() throws {
        let asked = Collector()
        #expect(throws: SealingError.self) {
            _ = try AgeReader(size: 1 << 40, with: []) { offset, count in
                try #require(offset == 0 && count <= 256 << 10)
                return Array("age-encryption.org/v1\n-> X25519 ".utf8) + [UInt8](repeating: 65, count: count - 32)
            }
        }
        #expect(asked.bytes.isEmpty)
    }

    @Test("a passphrase with far too much work is refused before any is done") func work() throws {
        let file = Array(
            """
            age-encryption.org/v1
            -> scrypt AAAAAAAAAAAAAAAAAAAAAA 40
            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
            --- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA

            """.utf8)
        try scratch.write("words", "word\n", mode: 0o600)
        let identity = Identity.passphrase(try Passphrase(contentsOf: scratch.file("words")))
        #expect(throws: SealingError.workFactor(40, limit: 20)) {
            _ = try AgeReader(size: Int64(file.count), with: [identity]) { offset, count in
                Array(file[Int(offset)..<(Int(offset) + count)])
            }
        }
    }
}
