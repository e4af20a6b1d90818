/// Base64 with padding and no line breaks (RFC 4648, 4), as kubeconfigs and encryption configurations embed it.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The characters as ASCII codes, a multiple of four.
    static func characters(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let second = start + 1 < bytes.count ? bytes[start + 1] : 0
            let third = start + 2 < bytes.count ? bytes[start + 2] : 0
            let group = UInt32(bytes[start]) << 16 | UInt32(second) << 8 | UInt32(third)
            for shift in [18, 12, 6, 0] as [UInt32] {
                result.append(alphabet[Int(group >> shift & 0x3F)])
            }
        }
        let missing = (3 - bytes.count % 3) % 3
        if missing > 0 {
            result.replaceSubrange(
                (result.count - missing)..., with: [UInt8](repeating: UInt8(ascii: "="), count: missing))
        }
        return result
    }

    /// The characters as text.
    public static func text(_ bytes: [UInt8]) -> String { String(decoding: characters(bytes), as: UTF8.self) }
}
