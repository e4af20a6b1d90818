/// A number modulo n, the order of the P-256 base point (SP 800-186, 3.2.1.3), in four 64-bit limbs, least first.
///
/// Products are Montgomery products with R = 2^256. No branch and no index depends on a value that may be secret.
struct Scalar: Sendable, Equatable {
    private(set) var limbs: (UInt64, UInt64, UInt64, UInt64)

    private init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) { limbs = (l0, l1, l2, l3) }

    static let zero = Scalar(0, 0, 0, 0)
    static let one = Scalar(1, 0, 0, 0)
    /// n itself, which is no valid scalar: only compared with and subtracted.
    private static let order = Scalar(0xF3B9_CAC2_FC63_2551, 0xBCE6_FAAD_A717_9E84, ~0, 0xFFFF_FFFF_0000_0000)
    private static let orderMinusTwo = Scalar(0xF3B9_CAC2_FC63_254F, 0xBCE6_FAAD_A717_9E84, ~0, 0xFFFF_FFFF_0000_0000)
    /// -1/n mod 2^64.
    private static let negatedInverse: UInt64 = 0xCCD1_C8AA_EE00_BC4F
    /// R^2 mod n, which takes a number into Montgomery form.
    private static let radixSquared = Scalar(
        0x8324_4C95_BE79_EEA2, 0x4699_799C_49BD_6FA6, 0x2845_B239_2B6B_EC59, 0x66E1_2D94_F3D9_5620)

    static func == (left: Scalar, right: Scalar) -> Bool {
        let difference =
            (left.limbs.0 ^ right.limbs.0) | (left.limbs.1 ^ right.limbs.1)
            | (left.limbs.2 ^ right.limbs.2) | (left.limbs.3 ^ right.limbs.3)
        return difference == 0
    }

    // MARK: Bytes

    /// A number that is already below n, from 32 bytes, most significant first; nil for any other count or value.
    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        let candidate = Self.limbs(of: bytes)
        guard candidate.minusOrder().borrow == 1 else { return nil }
        self = candidate
    }

    /// 32 bytes modulo n: `bits2octets` of RFC 6979, 2.3.4. One subtraction does, since 2^256 < 2n.
    init(reducing bytes: [UInt8]) {
        self = Self.limbs(of: bytes).reduced(carry: 0)
    }

    /// The first of up to 256 candidates that is from 1 to n - 1; the others are rejected, not reduced.
    static func first(of candidate: (_ counter: UInt8) -> [UInt8]) -> Scalar? {
        for counter in UInt8.min...UInt8.max {
            if let scalar = Scalar(bytes: candidate(counter)), scalar != .zero { return scalar }
        }
        return nil
    }

    /// 32 bytes, most significant first.
    var bytes: [UInt8] {
        [limbs.3, limbs.2, limbs.1, limbs.0].flatMap { limb in
            (0..<8).map { UInt8(truncatingIfNeeded: limb >> (56 - 8 * UInt64($0))) }
        }
    }

    private static func limbs(of bytes: [UInt8]) -> Scalar {
        func limb(_ index: Int) -> UInt64 {
            bytes[(24 - 8 * index)..<(32 - 8 * index)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return Scalar(limb(0), limb(1), limb(2), limb(3))
    }

    // MARK: Arithmetic modulo n

    static func + (left: Scalar, right: Scalar) -> Scalar {
        var carry: UInt64 = 0
        let l0 = add(left.limbs.0, right.limbs.0, &carry)
        let l1 = add(left.limbs.1, right.limbs.1, &carry)
        let l2 = add(left.limbs.2, right.limbs.2, &carry)
        let l3 = add(left.limbs.3, right.limbs.3, &carry)
        return Scalar(l0, l1, l2, l3).reduced(carry: carry)
    }

    static func * (left: Scalar, right: Scalar) -> Scalar {
        montgomeryProduct(montgomeryProduct(left, radixSquared), right)
    }

    /// 1/self by Fermat, self^(n-2); zero for zero. The exponent is public, so its digits may steer and count in the table.
    var inverse: Scalar {
        let base = Self.montgomeryProduct(self, Self.radixSquared)
        var powers = [Self.montgomeryProduct(.one, Self.radixSquared)]
        for exponent in 1..<16 { powers.append(Self.montgomeryProduct(powers[exponent - 1], base)) }
        var power = powers[0]
        for place in (0..<64).reversed() {
            for _ in 0..<4 { power = Self.montgomeryProduct(power, power) }
            let digit = Int(Self.orderMinusTwo[place / 16] >> UInt64(place % 16 * 4) & 15)
            if digit != 0 { power = Self.montgomeryProduct(power, powers[digit]) }
        }
        return Self.montgomeryProduct(power, .one)
    }

    /// a·b/R mod n (coarsely integrated operand scanning: Koç, Acar, Kaliski 1996).
    private static func montgomeryProduct(_ a: Scalar, _ b: Scalar) -> Scalar {
        var (t0, t1, t2, t3, t4) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        for index in 0..<4 {
            let word = b[index]
            var carry: UInt64 = 0
            t0 = multiplyAdd(a.limbs.0, word, t0, &carry)
            t1 = multiplyAdd(a.limbs.1, word, t1, &carry)
            t2 = multiplyAdd(a.limbs.2, word, t2, &carry)
            t3 = multiplyAdd(a.limbs.3, word, t3, &carry)
            // No carry out of here: t < 2n, so t + a·word < n(2^64 + 1), which is below 2^320 for this n.
            t4 &+= carry

            let quotient = t0 &* negatedInverse
            carry = 0
            _ = multiplyAdd(quotient, order.limbs.0, t0, &carry)
            t0 = multiplyAdd(quotient, order.limbs.1, t1, &carry)
            t1 = multiplyAdd(quotient, order.limbs.2, t2, &carry)
            t2 = multiplyAdd(quotient, order.limbs.3, t3, &carry)
            let sum = t4
            t4 = 0
            t3 = add(sum, carry, &t4)
        }
        return Scalar(t0, t1, t2, t3).reduced(carry: t4)
    }

    /// Subtracts n once if the number, with `carry` as its bit 256, is at least n; chosen by mask, not by branch.
    private func reduced(carry: UInt64) -> Scalar {
        let (difference, borrow) = minusOrder()
        let keep = 0 &- (borrow & ~carry & 1)
        return Scalar(
            difference.limbs.0 ^ keep & (difference.limbs.0 ^ limbs.0),
            difference.limbs.1 ^ keep & (difference.limbs.1 ^ limbs.1),
            difference.limbs.2 ^ keep & (difference.limbs.2 ^ limbs.2),
            difference.limbs.3 ^ keep & (difference.limbs.3 ^ limbs.3))
    }

    private func minusOrder() -> (difference: Scalar, borrow: UInt64) {
        var borrow: UInt64 = 0
        let l0 = Self.subtract(limbs.0, Self.order.limbs.0, &borrow)
        let l1 = Self.subtract(limbs.1, Self.order.limbs.1, &borrow)
        let l2 = Self.subtract(limbs.2, Self.order.limbs.2, &borrow)
        let l3 = Self.subtract(limbs.3, Self.order.limbs.3, &borrow)
        return (Scalar(l0, l1, l2, l3), borrow)
    }

    /// The limb at a public index.
    private subscript(index: Int) -> UInt64 {
        switch index {
        case 0: limbs.0
        case 1: limbs.1
        case 2: limbs.2
        default: limbs.3
        }
    }

    // MARK: Words

    @inline(__always)
    private static func add(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (sum, first) = a.addingReportingOverflow(b)
        let (total, second) = sum.addingReportingOverflow(carry)
        carry = (first ? 1 : 0) | (second ? 1 : 0)
        return total
    }

    @inline(__always)
    private static func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
        let (difference, first) = a.subtractingReportingOverflow(b)
        let (total, second) = difference.subtractingReportingOverflow(borrow)
        borrow = (first ? 1 : 0) | (second ? 1 : 0)
        return total
    }

    /// The low word of a·b + addend + carry; the high word becomes the carry. It cannot overflow.
    @inline(__always)
    private static func multiplyAdd(_ a: UInt64, _ b: UInt64, _ addend: UInt64, _ carry: inout UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        let (sum, first) = product.low.addingReportingOverflow(addend)
        let (total, second) = sum.addingReportingOverflow(carry)
        carry = product.high &+ (first ? 1 : 0) &+ (second ? 1 : 0)
        return total
    }
}
