public import Values

/// What a suite's InRelease says: which suite it is, of when, and the digest of every index.
struct ReleaseFile: Sendable {
    struct Index: Hashable, Sendable {
        let digest: Digest
        let size: Int64
    }

    let origin: String?
    let suite: String?
    let codename: String?
    let date: Timestamp
    let validUntil: Timestamp?
    let hasByHash: Bool
    /// By path below the suite's directory, such as `main/binary-amd64/Packages.gz`.
    let indices: [String: Index]

    /// - Parameter bytes: the text that was signed.
    init(parsing bytes: [UInt8], address: String) throws(DebianError) {
        let stanza = try ControlStanza(
            parsing: bytes[...],
            taking: ["origin", "suite", "codename", "date", "valid-until", "acquire-by-hash", "sha256"],
            subject: address)
        origin = stanza["Origin"]
        suite = stanza["Suite"]
        codename = stanza["Codename"]
        hasByHash = stanza["Acquire-By-Hash"] == "yes"
        guard let date = stanza["Date"].flatMap(Self.date) else {
            throw .wrongRelease(address: address, reason: "it has no Date that can be read")
        }
        self.date = date
        if let text = stanza["Valid-Until"] {
            guard let until = Self.date(text) else {
                throw .wrongRelease(address: address, reason: "its Valid-Until cannot be read: \"\(printable(text))\"")
            }
            validUntil = until
        } else {
            validUntil = nil
        }
        guard let list = stanza["SHA256"] else {
            throw .wrongRelease(address: address, reason: "it lists no SHA256 digests")
        }
        var indices: [String: Index] = [:]
        for line in list.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 3, let digest = try? Digest(hex: String(words[0])), let size = Int64(words[1]),
                size >= 0
            else {
                throw .wrongRelease(
                    address: address, reason: "\"\(printable(String(line)))\" is not a digest, a size and a name")
            }
            indices[String(words[2])] = Index(digest: digest, size: size)
        }
        self.indices = indices
    }

    /// Reads `Sat, 21 Nov 2026 09:15:44 UTC` (RFC 2822 with the zone that Debian's archive always writes).
    static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, ["UTC", "GMT", "+0000"].contains(words[5]),
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        func padded(_ text: some StringProtocol) -> String { text.utf8.count == 1 ? "0\(text)" : String(text) }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false).map(padded).joined(separator: ":")
        return Timestamp("\(words[3])-\(padded("\(month + 1)"))-\(padded(words[1]))T\(time)Z")
    }
}

/// How old a distribution's indices may be.
public enum Freshness: Hashable, Sendable {
    /// They must be of now: someone who hands out old ones withholds repairs of security.
    case current(at: Timestamp)
    /// As they are, however old: for an archive of snapshots, of which the user has chosen the date.
    case snapshot
}

extension ReleaseFile {
    /// Checks that a signed release is the one that was asked for and not an old one.
    func check(_ suite: PackageArchive.Suite, origin: String, freshness: Freshness, address: String) throws(DebianError)
    {
        func fail(_ reason: String) -> DebianError { .wrongRelease(address: address, reason: reason) }
        guard self.origin == origin else {
            throw fail("its Origin is \"\(printable(self.origin ?? ""))\"; expected \(origin)")
        }
        guard self.suite == suite.name || codename == suite.name else {
            throw fail(
                "it is of suite \"\(printable(self.suite ?? ""))\", codename \"\(printable(codename ?? ""))\"; expected "
                    + suite.name)
        }
        guard case .current(let now) = freshness else { return }
        let way = "If an old state is wanted on purpose, say so: the indices must be those of a snapshot"
        guard date <= now.advanced(by: .days(1)) else {
            throw fail("it is of \(date), and this machine's clock says \(now); set the clock")
        }
        if let validUntil, validUntil < now {
            throw fail(
                "it was valid until \(validUntil), and it is \(now): the mirror is out of date, or somebody withholds "
                    + "newer packages; use another mirror, or check the clock. \(way)")
        }
        if validUntil == nil, let age = suite.longestAge, date.advanced(by: age) < now {
            throw fail(
                "it is of \(date), more than \(age.seconds / 86_400) days old: the mirror is out of date, or somebody "
                    + "withholds newer packages; use another mirror, or check the clock. \(way)")
        }
    }
}
