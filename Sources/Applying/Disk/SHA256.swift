import BundleFormat
import CSHA256
import Values

/// SHA-256 (FIPS 180-4), because the machine's half of Slipway links neither Foundation nor a crypto library: with the processor's
/// own instructions where it has them, else in plain Swift, at about a fifth of the speed.
///
/// The rounds stand unrolled with their constants: a loop over an array of constants runs at less than half the speed.
struct SHA256 {
    /// Whether the processor has instructions for it.
    static let hasInstructions = csha256_is_available()

    private let usesInstructions: Bool
    private var state: SIMD8<UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// Bytes that do not fill a block yet; fewer than 64.
    private var rest: [UInt8] = []
    private var byteCount: UInt64 = 0

    private static let blockSize = 64

    init() { self.init(usesInstructions: true) }

    /// - Parameter usesInstructions: false leaves the processor's instructions alone.
    init(usesInstructions: Bool) { self.usesInstructions = usesInstructions && Self.hasInstructions }

    /// The digest of bytes in memory.
    static func digest(of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(bytes[...])
        return hash.finish()
    }

    /// Adds bytes; may be called any number of times.
    mutating func update(_ bytes: ArraySlice<UInt8>) {
        byteCount &+= UInt64(bytes.count)
        var bytes = bytes
        if !rest.isEmpty {
            let taken = bytes.prefix(Self.blockSize - rest.count)
            rest += taken
            bytes = bytes.dropFirst(taken.count)
            guard rest.count == Self.blockSize else { return }
            compress(rest[...])
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count / Self.blockSize * Self.blockSize
        compress(bytes.prefix(whole))
        rest += bytes.dropFirst(whole)
    }

    /// The digest of everything added. The value is used up.
    consuming func finish() -> Digest {
        let bitCount = byteCount &* 8
        var padding: [UInt8] = [0x80]
        let zeros = (Self.blockSize * 2 - 9 - rest.count) % Self.blockSize
        padding += [UInt8](repeating: 0, count: zeros)
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        update(padding[...])
        return Digest(words: state)
    }

    /// Works through whole blocks.
    private mutating func compress(_ blocks: ArraySlice<UInt8>) {
        guard !blocks.isEmpty else { return }
        var sum = state
        unsafe blocks.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            if usesInstructions {
                var words = (0..<8).map { sum[$0] }
                unsafe csha256_compress(&words, start.assumingMemoryBound(to: UInt8.self), bytes.count / Self.blockSize)
                sum = SIMD8(words)
                return
            }
            for offset in stride(from: 0, to: bytes.count, by: Self.blockSize) {
                unsafe sum = Self.compressed(sum, start + offset)
            }
        }
        state = sum
    }

    @inline(__always)
    private static func word(_ block: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe block.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value &>> count | value &<< (32 &- count) }

    @inline(__always)
    private static func expand(_ w: inout UInt32, _ w1: UInt32, _ w9: UInt32, _ w14: UInt32) {
        let low = rotate(w1, 7) ^ rotate(w1, 18) ^ w1 &>> 3
        let high = rotate(w14, 17) ^ rotate(w14, 19) ^ w14 &>> 10
        w = w &+ low &+ w9 &+ high
    }

    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ input: UInt32
    ) {
        let choice = g ^ (e & (f ^ g))
        let majority = (a & b) | (c & (a | b))
        h = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice &+ input
        d = d &+ h
        h = h &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
    }

    private static func compressed(_ sum: SIMD8<UInt32>, _ block: UnsafeRawPointer) -> SIMD8<UInt32> {
        var (a, b, c, d) = (sum[0], sum[1], sum[2], sum[3])
        var (e, f, g, h) = (sum[4], sum[5], sum[6], sum[7])
        var w0 = unsafe word(block, 0)
        var w1 = unsafe word(block, 4)
        var w2 = unsafe word(block, 8)
        var w3 = unsafe word(block, 12)
        var w4 = unsafe word(block, 16)
        var w5 = unsafe word(block, 20)
        var w6 = unsafe word(block, 24)
        var w7 = unsafe word(block, 28)
        var w8 = unsafe word(block, 32)
        var w9 = unsafe word(block, 36)
        var w10 = unsafe word(block, 40)
        var w11 = unsafe word(block, 44)
        var w12 = unsafe word(block, 48)
        var w13 = unsafe word(block, 52)
        var w14 = unsafe word(block, 56)
        var w15 = unsafe word(block, 60)
        round(a, b, c, &d, e, f, g, &h, 0x428a_2f98 &+ w0)
        round(h, a, b, &c, d, e, f, &g, 0x7137_4491 &+ w1)
        round(g, h, a, &b, c, d, e, &f, 0xb5c0_fbcf &+ w2)
        round(f, g, h, &a, b, c, d, &e, 0xe9b5_dba5 &+ w3)
        round(e, f, g, &h, a, b, c, &d, 0x3956_c25b &+ w4)
        round(d, e, f, &g, h, a, b, &c, 0x59f1_11f1 &+ w5)
        round(c, d, e, &f, g, h, a, &b, 0x923f_82a4 &+ w6)
        round(b, c, d, &e, f, g, h, &a, 0xab1c_5ed5 &+ w7)
        round(a, b, c, &d, e, f, g, &h, 0xd807_aa98 &+ w8)
        round(h, a, b, &c, d, e, f, &g, 0x1283_5b01 &+ w9)
        round(g, h, a, &b, c, d, e, &f, 0x2431_85be &+ w10)
        round(f, g, h, &a, b, c, d, &e, 0x550c_7dc3 &+ w11)
        round(e, f, g, &h, a, b, c, &d, 0x72be_5d74 &+ w12)
        round(d, e, f, &g, h, a, b, &c, 0x80de_b1fe &+ w13)
        round(c, d, e, &f, g, h, a, &b, 0x9bdc_06a7 &+ w14)
        round(b, c, d, &e, f, g, h, &a, 0xc19b_f174 &+ w15)
        expand(&w0, w1, w9, w14)
        round(a, b, c, &d, e, f, g, &h, 0xe49b_69c1 &+ w0)
        expand(&w1, w2, w10, w15)
        round(h, a, b, &c, d, e, f, &g, 0xefbe_4786 &+ w1)
        expand(&w2, w3, w11, w0)
        round(g, h, a, &b, c, d, e, &f, 0x0fc1_9dc6 &+ w2)
        expand(&w3, w4, w12, w1)
        round(f, g, h, &a, b, c, d, &e, 0x240c_a1cc &+ w3)
        expand(&w4, w5, w13, w2)
        round(e, f, g, &h, a, b, c, &d, 0x2de9_2c6f &+ w4)
        expand(&w5, w6, w14, w3)
        round(d, e, f, &g, h, a, b, &c, 0x4a74_84aa &+ w5)
        expand(&w6, w7, w15, w4)
        round(c, d, e, &f, g, h, a, &b, 0x5cb0_a9dc &+ w6)
        expand(&w7, w8, w0, w5)
        round(b, c, d, &e, f, g, h, &a, 0x76f9_88da &+ w7)
        expand(&w8, w9, w1, w6)
        round(a, b, c, &d, e, f, g, &h, 0x983e_5152 &+ w8)
        expand(&w9, w10, w2, w7)
        round(h, a, b, &c, d, e, f, &g, 0xa831_c66d &+ w9)
        expand(&w10, w11, w3, w8)
        round(g, h, a, &b, c, d, e, &f, 0xb003_27c8 &+ w10)
        expand(&w11, w12, w4, w9)
        round(f, g, h, &a, b, c, d, &e, 0xbf59_7fc7 &+ w11)
        expand(&w12, w13, w5, w10)
        round(e, f, g, &h, a, b, c, &d, 0xc6e0_0bf3 &+ w12)
        expand(&w13, w14, w6, w11)
        round(d, e, f, &g, h, a, b, &c, 0xd5a7_9147 &+ w13)
        expand(&w14, w15, w7, w12)
        round(c, d, e, &f, g, h, a, &b, 0x06ca_6351 &+ w14)
        expand(&w15, w0, w8, w13)
        round(b, c, d, &e, f, g, h, &a, 0x1429_2967 &+ w15)
        expand(&w0, w1, w9, w14)
        round(a, b, c, &d, e, f, g, &h, 0x27b7_0a85 &+ w0)
        expand(&w1, w2, w10, w15)
        round(h, a, b, &c, d, e, f, &g, 0x2e1b_2138 &+ w1)
        expand(&w2, w3, w11, w0)
        round(g, h, a, &b, c, d, e, &f, 0x4d2c_6dfc &+ w2)
        expand(&w3, w4, w12, w1)
        round(f, g, h, &a, b, c, d, &e, 0x5338_0d13 &+ w3)
        expand(&w4, w5, w13, w2)
        round(e, f, g, &h, a, b, c, &d, 0x650a_7354 &+ w4)
        expand(&w5, w6, w14, w3)
        round(d, e, f, &g, h, a, b, &c, 0x766a_0abb &+ w5)
        expand(&w6, w7, w15, w4)
        round(c, d, e, &f, g, h, a, &b, 0x81c2_c92e &+ w6)
        expand(&w7, w8, w0, w5)
        round(b, c, d, &e, f, g, h, &a, 0x9272_2c85 &+ w7)
        expand(&w8, w9, w1, w6)
        round(a, b, c, &d, e, f, g, &h, 0xa2bf_e8a1 &+ w8)
        expand(&w9, w10, w2, w7)
        round(h, a, b, &c, d, e, f, &g, 0xa81a_664b &+ w9)
        expand(&w10, w11, w3, w8)
        round(g, h, a, &b, c, d, e, &f, 0xc24b_8b70 &+ w10)
        expand(&w11, w12, w4, w9)
        round(f, g, h, &a, b, c, d, &e, 0xc76c_51a3 &+ w11)
        expand(&w12, w13, w5, w10)
        round(e, f, g, &h, a, b, c, &d, 0xd192_e819 &+ w12)
        expand(&w13, w14, w6, w11)
        round(d, e, f, &g, h, a, b, &c, 0xd699_0624 &+ w13)
        expand(&w14, w15, w7, w12)
        round(c, d, e, &f, g, h, a, &b, 0xf40e_3585 &+ w14)
        expand(&w15, w0, w8, w13)
        round(b, c, d, &e, f, g, h, &a, 0x106a_a070 &+ w15)
        expand(&w0, w1, w9, w14)
        round(a, b, c, &d, e, f, g, &h, 0x19a4_c116 &+ w0)
        expand(&w1, w2, w10, w15)
        round(h, a, b, &c, d, e, f, &g, 0x1e37_6c08 &+ w1)
        expand(&w2, w3, w11, w0)
        round(g, h, a, &b, c, d, e, &f, 0x2748_774c &+ w2)
        expand(&w3, w4, w12, w1)
        round(f, g, h, &a, b, c, d, &e, 0x34b0_bcb5 &+ w3)
        expand(&w4, w5, w13, w2)
        round(e, f, g, &h, a, b, c, &d, 0x391c_0cb3 &+ w4)
        expand(&w5, w6, w14, w3)
        round(d, e, f, &g, h, a, b, &c, 0x4ed8_aa4a &+ w5)
        expand(&w6, w7, w15, w4)
        round(c, d, e, &f, g, h, a, &b, 0x5b9c_ca4f &+ w6)
        expand(&w7, w8, w0, w5)
        round(b, c, d, &e, f, g, h, &a, 0x682e_6ff3 &+ w7)
        expand(&w8, w9, w1, w6)
        round(a, b, c, &d, e, f, g, &h, 0x748f_82ee &+ w8)
        expand(&w9, w10, w2, w7)
        round(h, a, b, &c, d, e, f, &g, 0x78a5_636f &+ w9)
        expand(&w10, w11, w3, w8)
        round(g, h, a, &b, c, d, e, &f, 0x84c8_7814 &+ w10)
        expand(&w11, w12, w4, w9)
        round(f, g, h, &a, b, c, d, &e, 0x8cc7_0208 &+ w11)
        expand(&w12, w13, w5, w10)
        round(e, f, g, &h, a, b, c, &d, 0x90be_fffa &+ w12)
        expand(&w13, w14, w6, w11)
        round(d, e, f, &g, h, a, b, &c, 0xa450_6ceb &+ w13)
        expand(&w14, w15, w7, w12)
        round(c, d, e, &f, g, h, a, &b, 0xbef9_a3f7 &+ w14)
        expand(&w15, w0, w8, w13)
        round(b, c, d, &e, f, g, h, &a, 0xc671_78f2 &+ w15)
        return sum &+ [a, b, c, d, e, f, g, h]
    }
}

extension Digest {
    /// The eight words of the final state.
    fileprivate init(words: SIMD8<UInt32>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Digest.byteCount)
        for index in words.indices {
            for shift in stride(from: 24, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: words[index] >> UInt32(shift)))
            }
        }
        guard let digest = Digest(bytes: bytes) else { preconditionFailure("eight words are 32 bytes") }
        self = digest
    }
}
