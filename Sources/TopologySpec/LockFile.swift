public import BundleFormat
public import Diagnostics
import Values
import Yams

/// The text of `topologies/<name>.lock`: its reader and its writer.
///
///     version: 1
///     payloads:
///       etcd:
///         url: https://github.com/etcd-io/etcd/releases/download/v3.5.16/etcd-v3.5.16-linux-arm64.tar.gz
///         size: 19553386
///         digest: sha256:…
///         members:
///           etcd-v3.5.16-linux-arm64/etcd: { mode: "0755", size: 23068672, digest: sha256:… }
public enum LockFile {
    // MARK: Reading

    /// Reads the text and reports every entry that is not complete.
    public static func read(_ source: SourceText, into report: inout Report) -> Lock? {
        guard let document = YAMLParser.parse(source, &report) else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        if let version = reader.integer("version", &report), version.value != Lock.version {
            report.error(
                "version", "lock version \(version.value) is unknown", at: version.position,
                help: "expected \(Lock.version)")
        }
        var payloads: [LockedPayload] = []
        reader.mapping("payloads", &report) { entries, report in
            for (key, node) in entries.entries() {
                var fields = MappingReader(node, document: document, path: entries.subject(key.value), &report)
                if let payload = payload(&fields, key, &report) { payloads.append(payload) }
                fields.finish(&report)
            }
        }
        reader.finish(&report)
        return Lock(payloads)
    }

    private static func payload(
        _ fields: inout MappingReader, _ key: Located<String>, _ report: inout Report
    ) -> LockedPayload? {
        let url = fields.text("url", &report)
        let size = fields.integer("size", &report)
        let digest = fields.text("digest", &report)
        let members = members(&fields, &report)
        guard let url, let size, let digest else {
            report.error(
                fields.path, "the entry is not complete", at: key.position, help: "expected url, size and digest")
            return nil
        }
        let bytes = bytes(size, fields.subject("size"), &report)
        let parsed = self.digest(digest, fields.subject("digest"), &report)
        do throws(PayloadAddress.ParseFailure) {
            let address = try PayloadAddress(parsing: url.value)
            guard let bytes, let parsed else { return nil }
            return LockedPayload(name: key.value, address: address, size: bytes, digest: parsed, members: members)
        } catch {
            report.error(
                fields.subject("url"), "\(error)", at: url.position, help: "expected an https: or file: address")
            return nil
        }
    }

    private static func members(_ fields: inout MappingReader, _ report: inout Report) -> [PayloadMember]? {
        guard fields.position(ofKey: "members") != nil else { return nil }
        var members: [PayloadMember] = []
        fields.mapping("members", &report) { entries, report in
            let all = entries.entries()
            guard all.count <= PayloadMember.listLimit else {
                report.error(
                    entries.path, "\(all.count) members are too many", at: all.first?.key.position,
                    help: "an archive may have \(PayloadMember.listLimit)")
                return
            }
            for (key, node) in all {
                var values = MappingReader(node, document: entries.document, path: entries.subject(key.value), &report)
                if let member = member(&values, key, &report) { members.append(member) }
                values.finish(&report)
            }
        }
        return members
    }

    private static func member(
        _ fields: inout MappingReader, _ key: Located<String>, _ report: inout Report
    ) -> PayloadMember? {
        let mode = fields.text("mode", &report)
        let size = fields.integer("size", &report)
        let digest = fields.text("digest", &report)
        do throws(FormatError) { try PathRule.checkRelative(key.value) } catch {
            report.error(fields.path, "\(error)", at: key.position, help: "expected a path inside the archive")
            return nil
        }
        guard let mode, let size, let digest else {
            report.error(
                fields.path, "the member is not complete", at: key.position, help: "expected mode, size and digest")
            return nil
        }
        guard let bits = Permissions(parsing: mode.value), bits.bits & 0o7000 == 0 else {
            report.error(
                fields.subject("mode"), "'\(mode.value)' is not the mode of a payload's file", at: mode.position,
                help: "expected \"0000\" to \"0777\": no such file runs as somebody else")
            return nil
        }
        guard let bytes = bytes(size, fields.subject("size"), &report),
            let parsed = self.digest(digest, fields.subject("digest"), &report)
        else { return nil }
        return PayloadMember(path: key.value, digest: parsed, size: bytes, mode: bits)
    }

    private static func bytes(_ size: Located<Int>, _ subject: String, _ report: inout Report) -> Int64? {
        guard size.value >= 0 else {
            report.error(subject, "a size cannot be negative", at: size.position, help: "expected a number of bytes")
            return nil
        }
        return Int64(size.value)
    }

    private static func digest(_ text: Located<String>, _ subject: String, _ report: inout Report) -> Digest? {
        do throws(Digest.ParseFailure) { return try Digest(parsing: text.value) } catch {
            report.error(
                subject, "'\(text.value)' is not a digest: \(error.reason)", at: text.position,
                help: "expected sha256: and 64 lower-case hexadecimal digits")
            return nil
        }
    }

    // MARK: Writing

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
                    url: \(scalar(payload.address.description))
                    size: \(payload.size)
                    digest: \(payload.digest)

                """
            guard let members = payload.members else { continue }
            text += members.isEmpty ? "    members: {}\n" : "    members:\n"
            for member in members {
                text +=
                    "      \(scalar(member.path)): { mode: \"\(member.mode)\", size: \(member.size), digest: \(member.digest) }\n"
            }
        }
        return text
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
