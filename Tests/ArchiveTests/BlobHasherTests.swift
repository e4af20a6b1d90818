import Archive
import BundleFormat
import Testing
import Values

struct BlobHasherTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func hashes(_ text: String, _ hex: String) {
        #expect(Digest(hashing: Array(text.utf8)).hex == hex)
        var hasher = BlobHasher()
        for byte in text.utf8 { hasher.update([byte]) }
        #expect(hasher.finish().hex == hex)
    }
}
