public import BundleFormat
public import Diagnostics
import Values
import Yams

/// The text of `topologies/<name>.lock`: its reader, and beside it its writer.
///
///     version: 2
///     payloads:
///       etcd:
///         url: https://github.com/etcd-io/etcd/releases/download/v3.5.16/etcd-v3.5.16-linux-arm64.tar.gz
///         size: 19553386
///         digest: sha256:…
///         verified: sha256 published at https://…/SHA256SUMS
///         members:
///           etcd-v3.5.16-linux-arm64/etcd: { mode: "0755", size: 23068672, digest: sha256:… }
///       image-pause:
///         image: registry.k8s.io/pause:3.10.1
///         size: 268403
///         digest: sha256:…
///         verified: "nobody: first use"
///         members:
///           blobs/sha256/…: { mode: "0644", size: 268403, digest: sha256:… }
///       haproxy:
///         packages: debian-13/arm64 haproxy
///         size: 2048000
///         digest: sha256:…
///         verified: signed by …, InRelease of 2026-11-14T09:12:44Z
///         members:
///           haproxy_3.0.11-1_arm64.deb: { mode: "0644", size: 2048000, digest: sha256:…, url: https://… }
///
/// An entry has one of `url`, `image` and `packages`. Version 1 has `url` only, and no `verified`.
public enum LockFile {
    /// Reads the text and reports every entry that is not complete.
    public static func read(_ source: SourceText, into report: inout Report) -> Lock? {
        guard let document = YAMLParser.parse(source, &report) else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        if let version = reader.integer("version", &report), !(1...Lock.version).contains(version.value) {
            report.error(
                "version", "lock version \(version.value) is unknown", at: version.position,
                help: "expected 1 to \(Lock.version)")
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
        let keys = ["url", "image", "packages"]
        let sources = keys.compactMap { name in fields.text(name, &report).map { (name, $0) } }
        let size = fields.integer("size", &report)
        let digest = fields.text("digest", &report)
        let verified = verification(&fields, &report)
        let members = members(&fields, &report)
        guard let (kind, text) = sources.first, let size, let digest else {
            report.error(
                fields.path, "the entry is not complete", at: key.position,
                help: "expected size, digest and one of url, image and packages")
            return nil
        }
        guard sources.count == 1 else {
            report.error(
                fields.path, "the entry has \(sources.map(\.0).joined(separator: " and "))", at: key.position,
                help: "expected one of url, image and packages")
            return nil
        }
        let bytes = bytes(size, fields.subject("size"), &report)
        let parsed = self.digest(digest, fields.subject("digest"), &report)
        guard let source = source(kind, text, fields.subject(kind), &report), let bytes, let parsed else { return nil }
        let payload = LockedPayload(
            name: key.value, source: source, size: bytes, digest: parsed, verified: verified,
            members: members.map { $0.map(\.member) },
            memberAddresses: Dictionary(
                (members ?? []).compactMap { entry in entry.address.map { (entry.member.path, $0) } }
            ) { first, _ in first })
        return isWhole(payload, fields.path, at: key, &report) ? payload : nil
    }

    private static func source(
        _ kind: String, _ text: Located<String>, _ subject: String, _ report: inout Report
    ) -> LockedSource? {
        switch kind {
        case "url": return address(text, subject, &report).map { .address($0) }
        case "image":
            do throws(ImageReference.ParseFailure) { return .image(try ImageReference(parsing: text.value)) } catch {
                report.error(
                    subject, "\(error)", at: text.position, help: "expected a name such as registry.k8s.io/pause:3.10")
                return nil
            }
        default:
            let words = text.value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard let distribution = words.first.flatMap({ Distribution($0) }),
                (1...PackageName.listLimit).contains(words.count - 1),
                words.dropFirst().allSatisfy(PackageName.isValid)
            else {
                report.error(
                    subject, "'\(text.value)' does not say which packages of what", at: text.position,
                    help: "expected a system, an architecture and names, such as debian-13/amd64 haproxy socat")
                return nil
            }
            return .packages(distribution, Array(words.dropFirst()))
        }
    }

    /// An image and packages are their members; nothing else is said of them that could be pinned.
    private static func isWhole(
        _ payload: LockedPayload, _ subject: String, at key: Located<String>, _ report: inout Report
    ) -> Bool {
        let members = payload.members ?? []
        let fault: String?
        switch payload.source {
        case .address where members.contains { $0.stage > 0 }, .image where members.contains { $0.stage > 0 }:
            fault = "only packages are installed in stages"
        case .address: fault = payload.memberAddresses.isEmpty ? nil : "a file in an archive has no url of its own"
        case .image:
            if members.contains(where: { $0.path != $0.digest.blobPath }) {
                fault = "a member's name is not that of a blob with its digest"
            } else {
                fault = members.contains { $0.digest == payload.digest } ? nil : "the manifest is not among the members"
            }
        case .packages:
            if let other = members.first(where: { !PackageName.isFile($0.path) }) {
                fault = "'\(other.path)' is not NAME_VERSION_ARCHITECTURE.deb"
            } else {
                let hasAll = !members.isEmpty && members.allSatisfy { payload.memberAddresses[$0.path] != nil }
                fault = hasAll ? nil : "a package has no url"
            }
        }
        var isWhole = fault == nil
        if let fault {
            report.error(subject, fault, at: key.position, help: "make the entry again: slipway lock --refresh")
        }
        if payload.address == nil, !sumIsRight(payload) {
            report.error(
                subject, "its size is not that of its members together", at: key.position,
                help: "make the entry again: slipway lock --refresh")
            isWhole = false
        }
        return isWhole
    }

    private static func sumIsRight(_ payload: LockedPayload) -> Bool {
        var sum: Int64 = 0
        for member in payload.members ?? [] {
            let (next, overflow) = sum.addingReportingOverflow(member.size)
            if overflow { return false }
            sum = next
        }
        return sum == payload.size
    }

    private static func members(
        _ fields: inout MappingReader, _ report: inout Report
    ) -> [(member: PayloadMember, address: PayloadAddress?)]? {
        guard fields.position(ofKey: "members") != nil else { return nil }
        var members: [(PayloadMember, PayloadAddress?)] = []
        fields.mapping("members", &report) { entries, report in
            let all = entries.entries()
            guard all.count <= PayloadMember.listLimit else {
                report.error(
                    entries.path, "\(all.count) members are too many", at: all.first?.key.position,
                    help: "a payload may have \(PayloadMember.listLimit)")
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
    ) -> (PayloadMember, PayloadAddress?)? {
        let mode = fields.text("mode", &report)
        let size = fields.integer("size", &report)
        let digest = fields.text("digest", &report)
        let stage = fields.number("stage", in: 0...PackageName.stageLimit - 1, &report) { number in
            Refusal(message: "stage \(number) is out of range", help: "expected 0 to \(PackageName.stageLimit - 1)")
        }
        let url = fields.text("url", &report)
        do throws(FormatError) { try PathRule.checkRelative(key.value) } catch {
            report.error(fields.path, "\(error)", at: key.position, help: "expected a path inside the payload")
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
            let parsed = self.digest(digest, fields.subject("digest"), &report), !stage.isRefused
        else { return nil }
        var found: PayloadAddress?
        if let url {
            found = address(url, fields.subject("url"), isSigned: true, &report)
            if found == nil { return nil }
        }
        let member = PayloadMember(
            path: key.value, digest: parsed, size: bytes, mode: bits, stage: stage.value ?? 0)
        return (member, found)
    }

    // MARK: Values

    private static func address(
        _ text: Located<String>, _ subject: String, isSigned: Bool = false, _ report: inout Report
    ) -> PayloadAddress? {
        do throws(PayloadAddress.ParseFailure) {
            return try PayloadAddress(parsing: text.value, isSigned: isSigned)
        } catch {
            report.error(subject, "\(error)", at: text.position, help: "expected an https: or file: address")
            return nil
        }
    }

    private static func verification(_ fields: inout MappingReader, _ report: inout Report) -> PayloadVerification? {
        guard let text = fields.text("verified", &report) else { return nil }
        guard let verified = PayloadVerification(text.value) else {
            report.error(
                fields.subject("verified"), "'\(text.value)' does not say how the digest was verified",
                at: text.position, help: "make the entry again: slipway lock --refresh")
            return nil
        }
        return verified
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
}
