#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The three encodings of a P-256 key, each a fixed template: every length in them is a constant.
///
/// Our own, because the encoders of the platforms may differ, and a difference would change the bundle's digest.
enum KeyEncoding {
    /// OID 1.2.840.10045.3.1.7, prime256v1.
    private static let curve: [UInt8] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    /// AlgorithmIdentifier: OID 1.2.840.10045.2.1, ecPublicKey, with the curve as its parameter.
    private static let algorithm: [UInt8] = [0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] + curve

    /// `ECPrivateKey` of RFC 5915 with the named curve and the public key: what `EC PRIVATE KEY` holds.
    static func sec1(scalar: [UInt8], point: [UInt8]) -> [UInt8] {
        [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20] + scalar + [0xA0, 0x0A] + curve + [0xA1, 0x44] + bitString(point)
    }

    /// `PrivateKeyInfo` of RFC 5208; the curve is named outside only, as OpenSSL and Go write it.
    static func pkcs8(scalar: [UInt8], point: [UInt8]) -> [UInt8] {
        [0x30, 0x81, 0x87, 0x02, 0x01, 0x00] + algorithm + [0x04, 0x6D]
            + [0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20] + scalar + [0xA1, 0x44] + bitString(point)
    }

    /// `SubjectPublicKeyInfo` of RFC 5480.
    static func publicKeyInfo(point: [UInt8]) -> [UInt8] {
        [0x30, 0x59] + algorithm + bitString(point)
    }

    private static func bitString(_ point: [UInt8]) -> [UInt8] { [0x03, 0x42, 0x00] + point }
}

/// Textual encodings (RFC 7468): base64 between BEGIN and END lines, each line ended by a newline.
enum PEM {
    /// - Parameter width: characters per line: 64 for PEM, 70 as OpenSSH wraps its own formats.
    static func text(label: String, der: [UInt8], width: Int = 64) -> String {
        let characters = Array(Base64.text(der).utf8)
        var result: [UInt8] = Array("-----BEGIN \(label)-----\n".utf8)
        result.reserveCapacity(characters.count + characters.count / width + 128)
        for start in stride(from: 0, to: characters.count, by: width) {
            result += characters[start..<min(start + width, characters.count)]
            result.append(UInt8(ascii: "\n"))
        }
        result += "-----END \(label)-----\n".utf8
        return String(decoding: result, as: UTF8.self)
    }
}

/// Base64 with padding and no line breaks (RFC 4648, 4). Its text is the same whoever makes it, so it is Foundation's.
public enum Base64 {
    public static func text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
