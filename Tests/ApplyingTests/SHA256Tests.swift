import BundleFormat
import Foundation
import TestSupport
import Testing
import Values

@testable import Applying

struct SHA256Tests {
    /// FIPS 180-4 examples, and the two million-byte values every implementation is tried with.
    @Test(arguments: [
        ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func publishedVectors(text: String, count: Int, hex: String) {
        let bytes = Array(repeating: Array(text.utf8), count: count).flatMap { $0 }
        #expect(SHA256.digest(of: bytes).hex == hex)
        #expect(Self.portable(bytes).hex == hex)
    }

    /// Without the processor's instructions.
    private static func portable(_ bytes: [UInt8]) -> Digest {
        var hash = SHA256(usesInstructions: false)
        hash.update(bytes[...])
        return hash.finish()
    }

    /// Were one way wrong, no machine of the other kind would notice: they are compared where both are there, over many blocks
    /// in one call, from every place in memory that a block can begin at.
    @Test(.enabled(if: SHA256.hasInstructions, "this processor has no instructions for SHA-256"))
    func bothWaysAgree() {
        var noise: UInt64 = 0x9E37_79B9_7F4A_7C15
        let bytes = (0..<70_000).map { _ in
            noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: noise >> 56)
        }
        for start in 0..<70 {
            let piece = Array(bytes[start..<(65_536 + 7 * start)])
            var hash = SHA256()
            hash.update(bytes[start..<(65_536 + 7 * start)])
            #expect(hash.finish() == Self.portable(piece), "from byte \(start)")
        }
    }

    /// Every length around the padding's and the block's borders, in one piece and in pieces, against Python's hashlib.
    @Test(.needs("python3"))
    func everyLengthAgreesWithPython() throws {
        let script = """
            import hashlib
            for n in range(300): print(hashlib.sha256(bytes((i * 7 + n) & 255 for i in range(n))).hexdigest())
            """
        let outcome = try Tool.run("python3", ["-c", script])
        try #require(outcome.status == 0, "\(outcome.transcript)")
        let expected = outcome.output.split(separator: "\n").map(String.init)
        try #require(expected.count == 300)
        for length in 0..<300 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
            #expect(SHA256.digest(of: bytes).hex == expected[length])
            #expect(Self.portable(bytes).hex == expected[length], "\(length) bytes without instructions")
            var hash = SHA256()
            var rest = bytes[...]
            for step in 1... {
                hash.update(rest.prefix(step))
                rest = rest.dropFirst(step)
                if rest.isEmpty { break }
            }
            #expect(hash.finish().hex == expected[length], "\(length) bytes in pieces")
        }
    }
}
