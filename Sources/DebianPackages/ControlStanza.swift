/// One paragraph of Debian's control format (Policy 5.1), of which only named fields are taken.
struct ControlStanza {
    /// Larger ones are refused; that of a whole suite's release has less than 1 MiB.
    static let sizeLimit = 4 << 20

    /// By lower-case name. The lines of a folded field are joined by line feeds, without their leading blanks.
    private let fields: [String: String]

    subscript(name: String) -> String? { fields[name.lowercased()] }

    /// - Parameters:
    ///   - names: the fields to take, in lower case.
    ///   - line: where the bytes begin in `subject`, counted from 1, for errors.
    init(
        parsing bytes: ArraySlice<UInt8>, taking names: Set<String>, subject: String, line first: Int = 1
    ) throws(DebianError) {
        guard bytes.count <= Self.sizeLimit else {
            throw .malformed(
                subject: subject, line: first, reason: "the paragraph is longer than \(Self.sizeLimit) bytes")
        }
        var fields: [String: String] = [:]
        var current: (name: String, lines: [String])?
        var line = first - 1
        func fail(_ reason: String) -> DebianError { .malformed(subject: subject, line: line, reason: reason) }
        func finish() throws(DebianError) {
            guard let (name, lines) = current else { return }
            guard fields.updateValue(lines.joined(separator: "\n"), forKey: name) == nil else {
                throw fail("the field \"\(name)\" occurs twice")
            }
        }
        var skips = true
        for text in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line += 1
            guard let start = text.first else { continue }
            if start == UInt8(ascii: "#") { continue }
            if start == UInt8(ascii: " ") || start == UInt8(ascii: "\t") {
                if !skips { current?.lines.append(Self.trimmed(text)) }
                if skips, current == nil, fields.isEmpty, line == first {
                    throw fail("a field is continued that has not begun")
                }
                continue
            }
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex else {
                throw fail("expected \"Field: value\"")
            }
            let name = String(decoding: text[..<colon], as: UTF8.self).lowercased()
            skips = !names.contains(name)
            if skips { continue }
            try finish()
            current = (name, [Self.trimmed(text[(colon + 1)...])])
        }
        try finish()
        self.fields = fields
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
