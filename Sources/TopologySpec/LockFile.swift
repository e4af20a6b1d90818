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
        guard let document = YAMLParser.parse(source, &report, beginning: "make it again: slipway lock") else {
            return nil
        }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        var payloads: [LockedPayload] = []
        reader.read(fields, into: &payloads, &report)
        reader.finish(&report)
        return Lock(payloads)
    }

    static var schema: Schema { .mapping(fields) }

    private static let fields: [Field<[LockedPayload]>] = [
        Field("version", "The version of this form of file.", schema: .number(in: 1...Lock.version)) {
            _, reader, report in
            guard let version = reader.integer("version", &report), !(1...Lock.version).contains(version.value) else {
                return
            }
            report.error(
                "version", "lock version \(version.value) is unknown", at: version.position,
                help: "this slipway reads versions 1 to \(Lock.version)")
        },
        Field("payloads", "What is pinned, by the payload's name.", schema: .mapping(ofAny: LockEntry.schema)) {
            payloads, reader, report in
            reader.mapping("payloads", &report) { entries, report in
                for (key, node) in entries.entries() {
                    var reader = MappingReader(
                        node, document: entries.document, path: entries.subject(key.value), &report)
                    var entry = LockEntry()
                    reader.read(LockEntry.fields, into: &entry, &report)
                    let misspelt = reader.misspelt()
                    entry.url.excuse(reader.refused ?? misspelt["url"])
                    entry.image.excuse(misspelt["image"])
                    entry.packages.excuse(misspelt["packages"])
                    entry.size.excuse(reader.refused ?? misspelt["size"])
                    entry.digest.excuse(reader.refused ?? misspelt["digest"])
                    reader.finish(&report)
                    if let payload = payload(entry, reader.path, key, &report) { payloads.append(payload) }
                }
            }
        },
    ]

    private static func payload(
        _ entry: LockEntry, _ path: String, _ key: Located<String>, _ report: inout Report
    ) -> LockedPayload? {
        let sources = entry.sources
        guard sources.count == 1 || sources.isEmpty else {
            report.error(
                path, "the entry has \(sources.map(\.key).joined(separator: " and "))", at: key.position,
                help: "expected one of url, image and packages")
            return nil
        }
        let missing =
            (sources.isEmpty ? ["url, image or packages"] : []) + (entry.size.isAbsent ? ["size"] : [])
            + (entry.digest.isAbsent ? ["digest"] : [])
        guard missing.isEmpty, let source = sources.first else {
            report.error(
                path, "the entry has no \(missing.joined(separator: " and no "))", at: key.position,
                help: "make the entry again: slipway lock --refresh")
            return nil
        }
        guard !entry.hasRefusedMember, let source = source.value, let size = entry.size.value,
            let digest = entry.digest.value
        else {
            return nil
        }
        let members = entry.members
        let payload = LockedPayload(
            name: key.value, source: source, size: Int64(size), digest: digest, verified: entry.verified.value,
            members: members.map { $0.map(\.member) },
            memberAddresses: Dictionary(
                (members ?? []).compactMap { entry in entry.address.map { (entry.member.path, $0) } }
            ) { first, _ in first })
        return isWhole(payload, path, at: key, &report) ? payload : nil
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
}

/// An entry of `payloads:` as it is written.
private struct LockEntry: Sendable {
    var url = Setting<PayloadAddress>.absent
    var image = Setting<ImageReference>.absent
    var packages = Setting<PackageChoice>.absent
    var size = Setting<Int>.absent
    var digest = Setting<Digest>.absent
    var verified = Setting<PayloadVerification>.absent
    /// Nil when nothing is said of members.
    var members: [(member: PayloadMember, address: PayloadAddress?)]?
    /// Whether what is said of a member was refused: then nothing can be said of all together.
    var hasRefusedMember = false

    /// Which packages of what, `debian-13/amd64 haproxy socat`.
    struct PackageChoice: Sendable {
        let distribution: Distribution
        let names: [String]
    }

    /// What is written, with nil for what was refused.
    var sources: [(key: String, value: LockedSource?)] {
        var sources: [(String, LockedSource?)] = []
        if !url.isAbsent { sources.append(("url", url.value.map { .address($0) })) }
        if !image.isAbsent { sources.append(("image", image.value.map { .image($0) })) }
        if !packages.isAbsent {
            sources.append(("packages", packages.value.map { .packages($0.distribution, $0.names) }))
        }
        return sources
    }

    static var schema: Schema {
        .mapping(fields).with("oneOf", .array(["url", "image", "packages"].map { ["required": [.string($0)]] }))
    }

    static let fields: [Field<LockEntry>] = [
        Field("url", \.url, .address(isSigned: false), "Where the file is: https:, or file: relative to this file."),
        Field("image", \.image, .image, "The container image's full name."),
        Field("packages", \.packages, .packages, "A system, an architecture and names of packages."),
        Field("size", \.size, in: 0...Int.max, required: true, "Bytes of the file, or of all members together.") { _ in
            Refusal(message: "a size cannot be negative", help: "expected a number of bytes")
        },
        Field("digest", \.digest, .digest, required: true, "Of the file, of the image's manifest, or of all packages."),
        Field("verified", \.verified, .verification, "Who said so besides the server that gave the bytes."),
        Field("members", "What is inside, by path.", schema: .mapping(ofAny: .mapping(LockedMember.fields))) {
            entry, reader, report in
            let count = report.count(.error)
            entry.members = members(&reader, &report)
            entry.hasRefusedMember = report.count(.error) > count
        },
    ]

    private static func members(
        _ fields: inout MappingReader, _ report: inout Report
    ) -> [(member: PayloadMember, address: PayloadAddress?)]? {
        var members: [(PayloadMember, PayloadAddress?)]?
        fields.mapping("members", &report) { entries, report in
            members = []
            let all = entries.entries()
            guard all.count <= PayloadMember.listLimit else {
                report.error(
                    entries.path, "\(all.count) members are too many", at: all.first?.key.position,
                    help: "a payload may have \(PayloadMember.listLimit)")
                return
            }
            for (key, node) in all {
                var reader = MappingReader(node, document: entries.document, path: entries.subject(key.value), &report)
                var written = LockedMember()
                reader.read(LockedMember.fields, into: &written, &report)
                let misspelt = reader.misspelt()
                written.mode.excuse(reader.refused ?? misspelt["mode"])
                written.size.excuse(reader.refused ?? misspelt["size"])
                written.digest.excuse(reader.refused ?? misspelt["digest"])
                reader.finish(&report)
                if let member = written.member(reader.path, key, &report) {
                    members?.append((member, written.url.value))
                }
            }
        }
        return members
    }
}

/// An entry of `members:` as it is written.
private struct LockedMember: Sendable {
    var mode = Setting<Permissions>.absent
    var size = Setting<Int>.absent
    var digest = Setting<Digest>.absent
    var stage = Setting<Int>.absent
    var url = Setting<PayloadAddress>.absent

    static let fields: [Field<LockedMember>] = [
        Field("mode", \.mode, .payloadMode, required: true, "Four octal digits in quotes."),
        Field("size", \.size, in: 0...Int.max, required: true, "Bytes.") { _ in
            Refusal(message: "a size cannot be negative", help: "expected a number of bytes")
        },
        Field("digest", \.digest, .digest, required: true, "Of the member."),
        Field("stage", \.stage, in: 0...PackageName.stageLimit - 1, "Of packages: when it is installed.") { number in
            Refusal(message: "stage \(number) is out of range", help: "expected 0 to \(PackageName.stageLimit - 1)")
        },
        Field("url", \.url, .address(isSigned: true), "Of packages: where the file is; also http:."),
    ]

    func member(_ path: String, _ key: Located<String>, _ report: inout Report) -> PayloadMember? {
        do throws(FormatError) { try PathRule.checkRelative(key.value) } catch {
            report.error(path, "\(error)", at: key.position, help: "expected a path inside the payload")
            return nil
        }
        let missing =
            (mode.isAbsent ? ["mode"] : []) + (size.isAbsent ? ["size"] : []) + (digest.isAbsent ? ["digest"] : [])
        guard missing.isEmpty else {
            report.error(
                path, "the member has no \(missing.joined(separator: " and no "))", at: key.position,
                help: "make the entry again: slipway lock --refresh")
            return nil
        }
        guard let mode = mode.value, let size = size.value, let digest = digest.value, !stage.isRefused,
            !url.isRefused
        else { return nil }
        return PayloadMember(path: key.value, digest: digest, size: Int64(size), mode: mode, stage: stage.value ?? 0)
    }
}

extension Rule<PayloadAddress> {
    fileprivate static func address(isSigned: Bool) -> Self {
        Self { text in
            do throws(PayloadAddress.ParseFailure) {
                return .success(try PayloadAddress(parsing: text, isSigned: isSigned))
            } catch {
                return .failure(Refusal(message: "\(error)", help: "expected an https: or file: address"))
            }
        }
    }
}

extension Rule<ImageReference> {
    fileprivate static var image: Self {
        Self { text in
            do throws(ImageReference.ParseFailure) { return .success(try ImageReference(parsing: text)) } catch {
                return .failure(
                    Refusal(message: "\(error)", help: "expected a name such as registry.k8s.io/pause:3.10"))
            }
        }
    }
}

extension Rule<LockEntry.PackageChoice> {
    fileprivate static var packages: Self {
        let systems = OperatingSystem.allCases.map { $0.rawValue.replacing(".", with: #"\."#) }.joined(separator: "|")
        let architectures = Architecture.allCases.map(\.rawValue).joined(separator: "|")
        return Self(.text(pattern: "(?:\(systems))/(?:\(architectures))(?: [a-z0-9][a-z0-9+.-]{1,127})+")) { text in
            let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard let distribution = words.first.flatMap({ Distribution($0) }),
                (1...PackageName.listLimit).contains(words.count - 1),
                words.dropFirst().allSatisfy(PackageName.isValid)
            else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not a list of packages",
                        help: "expected a system, an architecture and names, such as debian-13/amd64 haproxy socat"))
            }
            return .success(LockEntry.PackageChoice(distribution: distribution, names: Array(words.dropFirst())))
        }
    }
}

extension Rule<Digest> {
    fileprivate static var digest: Self {
        Self(.text(pattern: "sha256:[0-9a-f]{64}")) { text in
            do throws(Digest.ParseFailure) { return .success(try Digest(parsing: text)) } catch {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not a digest: \(error.reason)",
                        help: "expected sha256: and 64 lower-case hexadecimal digits"))
            }
        }
    }
}

extension Rule<PayloadVerification> {
    fileprivate static var verification: Self {
        Self(
            .text(
                pattern: "nobody: first use|digest in its name|sha(?:256|512) published at .+|signed by [0-9A-F]+, .+")
        ) { text in
            if let verified = PayloadVerification(text) { return .success(verified) }
            return .failure(
                Refusal(
                    message: "'\(text)' does not say how the digest was verified",
                    help: "make the entry again: slipway lock --refresh"))
        }
    }
}

extension Rule<Permissions> {
    fileprivate static var payloadMode: Self {
        Self(.text(pattern: "0[0-7]{3}")) { text in
            if let bits = Permissions(parsing: text), bits.bits & 0o7000 == 0 { return .success(bits) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not the mode of a payload's file",
                    help: "expected four octal digits in quotes, from \"0000\" to \"0777\""))
        }
    }
}
