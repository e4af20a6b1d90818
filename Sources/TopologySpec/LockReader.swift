public import Diagnostics
import Yams

/// Reads `topologies/<name>.lock`.
public enum LockReader {
    /// Reads the file and reports every entry that is not complete.
    public static func read(_ source: SourceText, into report: inout Report) -> Lock? {
        guard let document = YAMLParser.parse(source, &report) else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        if let version = reader.integer("version", &report), version.value != 1 {
            report.error(
                "version", "lock version \(version.value) is unknown", at: version.position, help: "expected 1")
        }
        var lock = Lock()
        reader.mapping("payloads", &report) { payloads, report in
            for (key, node) in payloads.entries() {
                var fields = MappingReader(node, document: document, path: payloads.subject(key.value), &report)
                lock.entries[key.value] = entry(&fields, key, &report)
                fields.finish(&report)
            }
        }
        reader.finish(&report)
        return lock
    }

    private static func entry(
        _ fields: inout MappingReader, _ key: Located<String>, _ report: inout Report
    ) -> Lock.Entry? {
        let url = fields.text("url", &report)
        let size = fields.integer("size", &report)
        let digest = fields.text("digest", &report)
        guard let url, let size, let digest else {
            report.error(
                fields.path, "the entry is not complete", at: key.position, help: "expected url, size and digest")
            return nil
        }
        guard size.value >= 0 else {
            report.error(fields.subject("size"), "a size cannot be negative", at: size.position, help: "bytes")
            return nil
        }
        let hex = digest.value.hasPrefix("sha256:") ? digest.value.dropFirst(7) : ""
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            report.error(
                fields.subject("digest"), "'\(digest.value)' is not a digest", at: digest.position,
                help: "expected sha256: and 64 lower-case hexadecimal digits")
            return nil
        }
        return Lock.Entry(url: url.value, size: size.value, digest: digest.value, position: key.position)
    }
}
