import BundleFormat
import Testing
import Values

struct DigestTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test func readsAndPrintsItsOneSpelling() throws {
        let digest = try Digest(parsing: "sha256:" + Self.hex)
        #expect(digest.description == "sha256:" + Self.hex)
        #expect(digest.hex == Self.hex)
        #expect(digest.bytes.count == 32)
        #expect(digest.bytes.prefix(3) == [0x01, 0x23, 0x45])
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(try Digest(hex: Self.hex) == digest)
        #expect(digest.blobPath == "blobs/sha256/" + Self.hex)
        #expect(ImageLayout.digest(ofBlobAt: digest.blobPath) == digest)
        #expect(ImageLayout.digest(ofBlobAt: "blobs/sha256/../x") == nil)
        #expect(ImageLayout.digest(ofBlobAt: "index.json") == nil)
    }

    @Test(arguments: [
        ("", "does not begin with sha256:"),
        ("sha512:" + hex, "does not begin with sha256:"),
        ("SHA256:" + hex, "does not begin with sha256:"),
        ("sha256:" + hex.dropLast(), "has 63 digits instead of 64"),
        ("sha256:" + hex + "0", "has 65 digits instead of 64"),
        ("sha256:" + hex.uppercased(), "digit 11 is not one of 0-9 and a-f"),
        ("sha256: " + hex.dropFirst(), "digit 1 is not one of 0-9 and a-f"),
    ])
    func refuses(_ text: String, _ reason: String) {
        let error = #expect(throws: Digest.ParseFailure.self) { try Digest(parsing: text) }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.contains("expected sha256: and 64 lower-case hexadecimal digits") == true)
    }

    @Test func isOrderedAsItsText() throws {
        let low = try Digest(hex: String(repeating: "0", count: 63) + "1")
        let high = try Digest(hex: "f" + String(repeating: "0", count: 63))
        #expect(low < high)
        #expect(!(high < low))
        #expect(Digest(bytes: [1, 2, 3]) == nil)
    }
}
