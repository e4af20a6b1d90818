import Sealing
import TestSupport

extension Subject {
    /// Headers of age files. What is accepted has one spelling: written again it is the same.
    static let age = Subject(
        "age",
        tokens: [
            "age-encryption.org/v1\n", "-> ", "--- ", "---", "\n", " ", "X25519", "scrypt", "ssh-ed25519", "18", "=",
            "AAAA", "////", "\r\n", "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "\n\n",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        ], limit: 16 << 10,
        seeds: {
            let code = String(repeating: "A", count: 43)
            let full = String(repeating: "A", count: 64)
            return [
                "-> X25519 \(code)\n\(code)\n", "-> scrypt \(code.prefix(22)) 18\n\(code)\n",
                "-> ssh-ed25519 AAAAAA \(code)\n\(code)\n-> X25519 \(code)\n\(code)\n",
                "-> some-grease a b c\n\(full)\n\(full)\nAA\n-> x\n\(full)\n\n",
            ].map { Array("age-encryption.org/v1\n\($0)--- \(code)\nand what follows".utf8) }
        }, reader: { HeaderReading() })
}

private final class HeaderReading: Reading {
    func read(_ input: [UInt8]) throws -> Verdict {
        do {
            let header = try AgeHeader(parsing: input)
            try require(input.starts(with: header.bytes), "written again it is another")
            // Nobody's key opens it, and that is said without a crash.
            do {
                _ = try AgeReader(size: Int64(input.count), with: []) { offset, count in
                    try require(offset == 0 && count <= input.count, "it reads where nothing is")
                    return Array(input[..<count])
                }
                throw Finding("it opens without a key")
            } catch is SealingError { return .accepted }
        } catch let error as SealingError { return .refused(error.description) }
    }
}
