import ClusterModel
import Testing
import Values

@testable import PKI

/// Arithmetic modulo n against values computed with Python's own integers.
@Suite struct ScalarTests {
    private static let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

    /// a, b, a + b, a · b, 1/a.
    private static let known: [(String, String, String, String, String)] = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000"
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000"
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000001"
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000002",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000001"
        ),
        (
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
        ),
        (
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
        ),
        (
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "0000000000000000000000000000000000000000000000000000000000000002",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
        ),
        (
            "8000000000000000000000000000000000000000000000000000000000000000",
            "8000000000000000000000000000000000000000000000000000000000000000",
            "00000000ffffffff00000000000000004319055258e8617b0c46353d039cdaaf",
            "99b84b64bcf655888a116c8e4adafb163019dbbde5fb2b2c1aa5f886edd00e51",
            "c1a0cc66920b83d20ff16c083cc0ee4b75bde7c486acdf5f9c3791ef3832f8f2"
        ),
        (
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254e",
            "0000000000000000000000000000000000000000000000000000000000000002",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
        ),
        (
            "00000000ffffffff00000000000000004319055258e8617b0c46353d039cdaae",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
            "00000000ffffffff00000000000000004319055258e8617b0c46353d039cdaad",
            "fffffffe00000001ffffffffffffffff79cdf55b4e2f3d09e7739585f8c64aa3",
            "646b78f8384d6e771ef9319a025559fc5af4a6580d5e25e84c7cbf12b54961cc"
        ),
        (
            "00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "0000000000000001000000000000000000000000000000000000000000000001",
            "0000000100000001000000000000000000000000000000000000000000000000",
            "df1a6c2122159164ccca0a9979318f1ca83f3999adae238574d1cb7b609a770d",
            "8a18cdd4f002f4aa07ec276592fd03cd073f1d9a20dbe7154bbe9c7cbbd238a3"
        ),
        (
            "23b8c1e9392456de3eb13b9046685257bdd640fb06671ad11c80317fa3b1799d",
            "972a846916419f828b9d2434e465e150bd9c66b3ad3c2d6d1a3d1fa7bc8960a9",
            "bae346524f65f660ca4e5fc52ace33a87b72a7aeb3a3483e36bd5127603ada46",
            "caca115973a784c6d6ca715d1da1b26e959f510cad145e14847c19f169da01aa",
            "5bc8f7b1368a9632d8258b302d81077eb388f253c614dd5a4cc48049e0f7b832"
        ),
        (
            "9a1de644815ef6d13b8faa1837f8a88b17fc695a07a0ca6e0822e8f36c031199",
            "6b65a6a48b8148f6b38a088ca65ed389b74d0fb132e706298fadc1a606cb0fb3",
            "05838cea0ce03fc6ef19b2a4de577c1512627e5d93703212a416dfd6766afbfb",
            "bc155bfb844decec18ed650ee582b60dbaf25d0bc4e93990d27d43d7efc753a1",
            "4915de49030f2edb4db0e8b896ea4c069bc29224fe0e07acf8b77c4a2a0b3c2f"
        ),
        (
            "c241330b01a9e71fde8a774bcf36d58b4737819096da1dac72ff5d2a386ecbe0",
            "371ecd7b27cd813047229389571aa8766c307511b2b9437a28df6ec4ce4a2bbd",
            "f96000862977685025ad0ad526517e01b367f6a2499361269bdecbef06b8f79d",
            "862c98e4a9c7202327ac105c94a949bd8f3ac62535b4257166e9d416ae0a9e55",
            "914b568066ad45118d7ae072df368bd7cd95e63439b34ed2a4839ab37f9ccf73"
        ),
        (
            "5be6128e18c267976142ea7d17be31111a2a73ed562b0f79c37459eef50bea63",
            "759cde66bacfb3d00b1f9163ce9ff57f43b7a3a69a8dca03580d7b71d8f56413",
            "d182f0f4d3921b676c627be0e65e26905de21793f0b8d97d1b81d560ce014e76",
            "ad84374e6c8004f89878c48c6b251378c3c0dea34da1aa8eb8b19e13643ac637",
            "39de6fb74c49833cd2e995918ea989baf84b114acd22e6436388b9e2a1c99766"
        ),
        (
            "4b0dbb418d5288f1142c3fe860e7a113ec1b8ca1f91e1d4c1ff49b7889463e85",
            "3139d32c93cd59bf5c941cf0dc98d2c1e2acf72f9e574f7aa0ee89aed453dd32",
            "7c478e6e211fe2b070c05cd93d8073d5cec883d197756cc6c0e325275d9a1bb7",
            "4289c7a1ce2454f93e77d64b72335842dc93aa2df8b65c9aabc06b390fd4dc8b",
            "9bfa526e1a42351ee049962cffdc4e9a92aa4a5875b82136e383e8990bff7531"
        ),
        (
            "fc377a4c4a15544dc5e7ce8a3a578a8ea9488d990bbb259911ce5dd2b45ed1f0",
            "7412b29347294739614ff3d719db3ad0ddd1dfb23b982ef8daf61a26146d3f31",
            "704a2ce0913e9b862737c2615432c55fca33729da03bb60cf90aad35cc68ebd0",
            "8ddbd9cc93e48098fadfd6d24f559d127b484bd02ee52b3eedc73effdfededf9",
            "c8b35c5f4faf978055196560e0c3e2acfe0e36c3f823328f47c38c5dddb14f2a"
        ),
        (
            "ab9099a435a240ae5af305535ec42e0829a3b2e95d65a441d58842dea2bc372f",
            "a28defe39bf0027312476f57a5e5a5abaefcfad8efc89849b3aa7efe4458a885",
            "4e1e8988d19243206d3a74ab04a9d3b41bb9b314a6169e069578f719eab1ba63",
            "fb40f8a816f290735cc274c985a1f18b48e8e46a3335f6e1fea6bee59fc20547",
            "16b0cb5228ab9914b4d9d8f04deb8b69056a595b3deb6dc9c28b1286e13b4fb8"
        ),
        (
            "451b4cf36123fdf77656af7229d4beef3eabedcbbaa80dd488bd64072bcfbe01",
            "5304317faf42e12f3838b3268e944239b02b61c4a3d70628ece66fa2fd5166e6",
            "981f7e731066df26ae8f6298b8690128eed74f905e7f13fd75a3d3aa292124e7",
            "3918371b57944931805b9b42716f43a8f0c0723ae4b432a663f2a3d82bc5ce69",
            "606f6ee2fbdd3a4a3ad9b259dc63c2c8b2f1a9043913af800fc61428f3ac4293"
        ),
    ]

    @Test(arguments: known)
    func arithmetic(a: String, b: String, sum: String, product: String, inverse: String) throws {
        let left = try #require(Scalar(bytes: hex(a)))
        let right = try #require(Scalar(bytes: hex(b)))
        #expect(Hexadecimal.text((left + right).bytes) == sum)
        #expect(Hexadecimal.text((right + left).bytes) == sum)
        #expect(Hexadecimal.text((left * right).bytes) == product)
        #expect(Hexadecimal.text((right * left).bytes) == product)
        #expect(Hexadecimal.text(left.inverse.bytes) == inverse)
        #expect(left * left.inverse == (left == .zero ? .zero : .one))
    }

    @Test func numbersFromTheOrderUpAreNoScalars() {
        #expect(Scalar(bytes: hex(Self.order)) == nil)
        #expect(Scalar(bytes: [UInt8](repeating: 255, count: 32)) == nil)
        #expect(Scalar(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(Scalar(bytes: [UInt8](repeating: 0, count: 33)) == nil)
        #expect(Scalar(bytes: hex(String(Self.order.dropLast()) + "0"))?.bytes.last == 0x50)
    }

    @Test(arguments: [
        ("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", UInt8(0)),
        ("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632553", 2),
        ("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", 0x50),
    ])
    func reductionSubtractsTheOrderOnce(number: String, last: UInt8) {
        #expect(Scalar(reducing: hex(number)).bytes.last == last)
    }

    @Test func candidatesOutOfRangeAreRejectedAndNotReduced() {
        let candidates = [
            [UInt8](repeating: 0, count: 32), hex(Self.order), [UInt8](repeating: 255, count: 32),
            hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"),
        ]
        var asked: [UInt8] = []
        let scalar = Scalar.first { counter in
            asked.append(counter)
            return candidates[Int(counter)]
        }
        #expect(asked == [0, 1, 2, 3])
        #expect(scalar?.bytes == candidates[3])
    }

    @Test func aBrokenSourceOfCandidatesIsGivenUp() {
        var count = 0
        let scalar = Scalar.first { _ in
            count += 1
            return [UInt8](repeating: 255, count: 32)
        }
        #expect(scalar == nil)
        #expect(count == 256)
    }
}
