public import BundleFormat
import Values

extension LockFile {
    /// The same payloads give the same bytes. `topology` is the topology's file name without its directory, for the comment.
    public static func text(_ lock: Lock, topology: String) -> String {
        var text = """
            # Which exact bytes stand behind each payload of \(printable(topology)). Made by 'slipway lock'; commit it.
            version: \(Lock.version)
            payloads:

            """
        if lock.payloads.isEmpty { text.replaceSubrange(text.index(before: text.endIndex)..., with: " {}\n") }
        for payload in lock.payloads {
            text += """
                  \(scalar(payload.name)):
                    \(line(payload.source))
                    size: \(payload.size)
                    digest: \(payload.digest)

                """
            if let verified = payload.verified { text += "    verified: \(scalar(verified.description))\n" }
            guard let members = payload.members else { continue }
            text += members.isEmpty ? "    members: {}\n" : "    members:\n"
            for member in members {
                let url = payload.memberAddresses[member.path].map { ", url: \(scalar($0.description))" } ?? ""
                let stage = member.stage > 0 ? ", stage: \(member.stage)" : ""
                text +=
                    "      \(scalar(member.path)): { mode: \"\(member.mode)\", size: \(member.size), "
                    + "digest: \(member.digest)\(stage)\(url) }\n"
            }
        }
        return text
    }

    private static func line(_ source: LockedSource) -> String {
        switch source {
        case .address(let address): "url: \(scalar(address.description))"
        case .image(let reference): "image: \(scalar(reference.description))"
        case .packages(let distribution, let names):
            "packages: \(scalar(([distribution.description] + names).joined(separator: " ")))"
        }
    }

    /// A plain scalar where YAML 1.2 takes it for a string without doubt (7.3.3), in flow mappings too, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { isLetter($0) } == true
            && text.utf8.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || "-_./+~=%@ ".utf8.contains(byte)
                    || byte == UInt8(ascii: ":")
            }
            && text.utf8.last != UInt8(ascii: ":") && text.utf8.last != UInt8(ascii: " ") && !text.contains(": ")
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
