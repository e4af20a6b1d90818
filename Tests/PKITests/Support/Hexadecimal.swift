import ClusterModel
import Crypto
import Values

@testable import PKI

/// Bytes from hexadecimal digits; spaces are skipped.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// SHA-256 of a text as hexadecimal digits.
func sha256(_ text: String) -> String { Hexadecimal.text(Array(SHA256.hash(data: Array(text.utf8)))) }
