import Crypto
import TestSupport
import Testing

@testable import PKI

/// The fixed templates, read back by swift-crypto and by OpenSSL.
@Suite struct KeyEncodingTests {
    private let key: P256Key

    init() throws { key = try Fixture.tree().subtree("sa").p256Key() }

    @Test func swiftCryptoReadsEveryEncoding() throws {
        #expect(
            try Array(P256.Signing.PrivateKey(pemRepresentation: key.pkcs8PEM).rawRepresentation)
                == key.rawRepresentation)
        #expect(
            try Array(P256.Signing.PrivateKey(pemRepresentation: key.sec1PEM).rawRepresentation)
                == key.rawRepresentation)
        #expect(
            try Array(P256.Signing.PublicKey(pemRepresentation: key.publicKeyPEM).x963Representation)
                == key.publicKey.x963)
    }

    @Test(.needs("openssl"))
    func openSSLReadsEveryEncodingAndFindsTheKeyValid() throws {
        let openssl = try #require(Tool.find("openssl"), "CI needs openssl")
        for pem in [key.pkcs8PEM, key.sec1PEM] {
            let derived = try openssl.run(["pkey", "-pubout"], input: pem)
            #expect(derived.output == key.publicKeyPEM, "\(derived.transcript)")
            let traditional = try openssl.run(["ec", "-check"], input: pem)
            #expect(traditional.status == 0, "\(traditional.transcript)")
            #expect(traditional.errors.contains("EC Key valid."), "\(traditional.errors)")
            #expect(traditional.output == key.sec1PEM)
            #expect(try openssl.run(["pkcs8", "-topk8", "-nocrypt"], input: pem).output == key.pkcs8PEM)
        }
        let text = try openssl.run(["pkey", "-pubin", "-text", "-noout"], input: key.publicKeyPEM)
        #expect(text.output.contains("prime256v1"), "\(text.transcript)")
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.text(Array(plain.utf8)) == encoded)
    }

    @Test func linesOfPEMHave64Characters() {
        let lines = PEM.text(label: "X", der: [UInt8](repeating: 0, count: 49)).split(separator: "\n")
        #expect(lines.map(\.count) == [17, 64, 4, 15])
        #expect(PEM.text(label: "X", der: [UInt8](repeating: 0, count: 48)).split(separator: "\n").count == 3)
    }
}
