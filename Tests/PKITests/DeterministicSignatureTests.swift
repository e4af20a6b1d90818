import ClusterModel
import Crypto
import TestSupport
import Testing
import Values

@testable import PKI

/// RFC 6979, A.2.5, and Python's `cryptography` (OpenSSL) as a second opinion.
@Suite struct DeterministicSignatureTests {
    private static let privateKey = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")

    @Test(arguments: [
        (
            "sample", "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        ),
        (
            "test", "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
        ),
    ])
    func vectorsOfTheRFC(message: String, k: String, r: String, s: String) throws {
        let key = try P256Key(rawRepresentation: Self.privateKey)
        var nonces = DeterministicNonces(
            privateScalar: key.scalar, hash: Array(SHA256.hash(data: Array(message.utf8))))
        let first = nonces.next()
        #expect(first.bytes == hex(k))
        #expect(nonces.next() != first)
        let signature = try key.signature(for: Array(message.utf8))
        #expect(signature.r == hex(r))
        #expect(signature.s == hex(s))
        #expect(signature.raw == hex(r) + hex(s))
    }

    @Test func publicKeyOfTheRFC() throws {
        let key = try P256Key(rawRepresentation: Self.privateKey)
        #expect(
            key.publicKey.x963
                == hex(
                    "04 60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                        + "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"))
    }

    @Test(arguments: [
        "00", "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ])
    func numbersOutOfRangeAreNoKeys(number: String) {
        #expect(throws: PKIError.invalidScalar) { try P256Key(rawRepresentation: hex(number)) }
    }

    @Test(arguments: [
        ("00", "01", "3006020100020101"), ("7f", "80", "300702017f02020080"),
        ("0080", "00ff01", "30090202008002 0300ff01"),
    ])
    func integersInDERAreShortestAndPositive(r: String, s: String, der: String) throws {
        func scalar(_ text: String) throws -> Scalar {
            let bytes = hex(text)
            return try #require(Scalar(bytes: [UInt8](repeating: 0, count: 32 - bytes.count) + bytes))
        }
        #expect(ECDSASignature(r: try scalar(r), s: try scalar(s)).der == hex(der))
    }

    private static let pythonSigner = """
        import sys
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        for line in sys.stdin:
            scalar, message = line.rstrip("\\n").split(" ")
            key = ec.derive_private_key(int(scalar, 16), ec.SECP256R1())
            print(key.sign(bytes.fromhex(message), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)).hex())
        """

    @Test(.needs(missing: Python.missing))
    func aThousandSignaturesAgreeWithOpenSSL() throws {
        let python = try #require(Python.withCryptography, "CI needs a Python with cryptography 43 or later")
        var random = SeededGenerator(seed: 6979)
        var keys = [
            hex("0000000000000000000000000000000000000000000000000000000000000001"),
            hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"),
        ]
        while keys.count < 1_000 {
            let candidate = random.bytes(32)
            if Scalar(bytes: candidate) != nil { keys.append(candidate) }
        }
        let messages = keys.indices.map { random.bytes($0 % 200) }
        let input = zip(keys, messages).map { "\(Hexadecimal.text($0)) \(Hexadecimal.text($1))\n" }.joined()
        let result = try python.run(["-c", Self.pythonSigner], input: input)
        #expect(result.status == 0, "\(result.errors)")
        let theirs = result.output.split(separator: "\n").map(String.init)
        let ours = try zip(keys, messages).map { key, message in
            Hexadecimal.text(try P256Key(rawRepresentation: key).signature(for: message).der)
        }
        #expect(theirs.count == 1_000)
        #expect(ours == theirs)
    }
}
