import Crypto

/// The textual head of an age file (C2SP, age.md, "Header"): who can have the file key, and a code that vouches for all of it.
///
/// It has one spelling only: what is read and written again is the same, byte for byte.
package struct AgeHeader: Hashable, Sendable {
    /// The file key, wrapped for one recipient.
    struct Stanza: Hashable, Sendable {
        let arguments: [String]
        let body: [UInt8]

        var type: String { arguments.first ?? "" }
    }

    let stanzas: [Stanza]
    private let code: [UInt8]

    /// The most bytes that are read of one.
    package static let limit = 256 << 10
    private static let firstLine = "age-encryption.org/v1"
    private static let mark = "---"
    /// Columns of a stanza's body.
    private static let width = 64

    // MARK: Writing

    /// A header with its code.
    init(_ stanzas: [Stanza], fileKey: SymmetricKey) {
        self.stanzas = stanzas
        code = Array(
            HMAC<SHA256>.authenticationCode(for: Self.authenticated(stanzas), using: Self.codeKey(fileKey)))
    }

    package var bytes: [UInt8] { Self.authenticated(stanzas) + Array(" \(RawBase64.text(code))\n".utf8) }

    /// Everything up to the mark of the last line.
    private static func authenticated(_ stanzas: [Stanza]) -> [UInt8] {
        var text = firstLine + "\n"
        for stanza in stanzas {
            text += "-> \(stanza.arguments.joined(separator: " "))\n"
            var rest = Substring(RawBase64.text(stanza.body))
            // The last line is shorter than the others, and empty where they are enough.
            while rest.utf8.count >= width {
                text += rest.prefix(width) + "\n"
                rest = rest.dropFirst(width)
            }
            text += rest + "\n"
        }
        return Array((text + mark).utf8)
    }

    private static func codeKey(_ fileKey: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: fileKey, info: Array("header".utf8), outputByteCount: 32)
    }

    /// Whether this file key belongs to it and nothing in it was changed.
    func isAuthentic(_ fileKey: SymmetricKey) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Self.authenticated(stanzas), using: Self.codeKey(fileKey))
    }

    // MARK: Reading

    /// - Parameter start: the file's beginning, at least ``limit`` bytes of it where it is longer.
    /// - Throws: ``SealingError/damaged(reason:)``.
    package init(parsing start: [UInt8]) throws(SealingError) {
        var lines = Lines(rest: start.prefix(Self.limit))
        guard try lines.next().elementsEqual(Self.firstLine.utf8) else {
            throw .damaged(reason: "it is no file of age's first version")
        }
        var stanzas: [Stanza] = []
        while true {
            let line = try lines.next()
            if line.starts(with: "-> ".utf8) {
                stanzas.append(try Self.stanza(line.dropFirst(3), &lines))
                continue
            }
            guard line.starts(with: "--- ".utf8), let code = RawBase64.bytes(line.dropFirst(4)), code.count == 32,
                !stanzas.isEmpty
            else { throw .damaged(reason: "a line of its header begins neither a stanza nor the end") }
            (self.stanzas, self.code) = (stanzas, code)
            return
        }
    }

    private static func stanza(
        _ arguments: ArraySlice<UInt8>, _ lines: inout Lines
    ) throws(SealingError) -> Stanza {
        let words = arguments.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw .damaged(reason: "a stanza's arguments are not words")
        }
        var text: [UInt8] = []
        while true {
            let line = try lines.next()
            guard line.count <= width else { throw .damaged(reason: "a line of a stanza is too long") }
            text += line
            if line.count < width { break }
        }
        guard let body = RawBase64.bytes(text) else {
            throw .damaged(reason: "a stanza's body is not canonical base64")
        }
        return Stanza(arguments: words.map { String(decoding: $0, as: UTF8.self) }, body: body)
    }

    private struct Lines {
        var rest: ArraySlice<UInt8>

        mutating func next() throws(SealingError) -> ArraySlice<UInt8> {
            guard let end = rest.firstIndex(of: 10) else {
                throw .damaged(reason: "its header does not end within \(AgeHeader.limit >> 10) KiB")
            }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }
    }
}
