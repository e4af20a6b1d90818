/// The text of a lock file: the same entries give the same bytes.
public enum LockText {
    /// YAML as TopologySpec's `LockReader` reads it, sorted by name. `topology` is the file's name without its directory, for
    /// the comment.
    public static func text(_ payloads: [LockedPayload], topology: String) -> String {
        var text = """
            # Which exact bytes stand behind each payload of \(printableName(topology)). Made by 'slipway lock'; commit it.
            version: 1
            payloads:

            """
        if payloads.isEmpty { text.replaceSubrange(text.index(before: text.endIndex)..., with: " {}\n") }
        for payload in payloads.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            text += """
                  \(scalar(payload.name)):
                    url: \(scalar(payload.address))
                    size: \(payload.size)
                    digest: \(payload.digest)

                """
        }
        return text
    }

    /// A name in a comment must not end its line.
    private static func printableName(_ name: String) -> String {
        String(name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init))
    }

    /// A plain scalar where YAML 1.2 takes it for a string without doubt (7.3.3), else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { isLetter($0) } == true
            && text.utf8.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || "-_./+~=%@".utf8.contains(byte)
                    || byte == UInt8(ascii: ":")
            }
            && text.utf8.last != UInt8(ascii: ":")
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        if isPlain { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": quoted += "\\" + String(character)
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
