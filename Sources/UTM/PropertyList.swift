/// A value of a property list, and its one spelling in XML.
///
/// The bytes are compared and hashed, so nothing here depends on a library's version: keys stand in bytewise order, one
/// element to a line, indented with tabs as Apple's own tools do. Dates, data and fractions are not needed.
/// See plist(5) and http://www.apple.com/DTDs/PropertyList-1.0.dtd.
indirect enum PropertyList: Hashable, Sendable {
    case dictionary([String: PropertyList])
    case array([PropertyList])
    case string(String)
    case integer(Int64)
    case bool(Bool)

    /// The document, in UTF-8, with a newline at its end.
    var bytes: [UInt8] {
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">

            """
        write(to: &text, depth: 0)
        return Array((text + "</plist>\n").utf8)
    }

    private func write(to text: inout String, depth: Int) {
        let indent = String(repeating: "\t", count: depth)
        switch self {
        case .dictionary(let members) where members.isEmpty: text += "\(indent)<dict/>\n"
        case .dictionary(let members):
            text += "\(indent)<dict>\n"
            for (key, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                text += "\(indent)\t<key>\(Self.escaped(key))</key>\n"
                value.write(to: &text, depth: depth + 1)
            }
            text += "\(indent)</dict>\n"
        case .array(let elements) where elements.isEmpty: text += "\(indent)<array/>\n"
        case .array(let elements):
            text += "\(indent)<array>\n"
            for element in elements { element.write(to: &text, depth: depth + 1) }
            text += "\(indent)</array>\n"
        case .string(let string): text += "\(indent)<string>\(Self.escaped(string))</string>\n"
        case .integer(let number): text += "\(indent)<integer>\(number)</integer>\n"
        case .bool(let flag): text += "\(indent)\(flag ? "<true/>" : "<false/>")\n"
        }
    }

    /// What XML 1.0 cannot hold at all, which is most control characters, becomes U+FFFD: better a visible character than
    /// a document that no parser reads. A carriage return is a reference, since a parser would make it a newline.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension PropertyList: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// A key that stands twice has its first value.
    init(dictionaryLiteral elements: (String, PropertyList)...) {
        self = .dictionary(Dictionary(elements) { first, _ in first })
    }

    init(arrayLiteral elements: PropertyList...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}
