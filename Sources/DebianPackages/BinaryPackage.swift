public import Values

/// A package as an index of a distribution, or dpkg's list of what is installed, describes it (Policy 5.3).
public struct BinaryPackage: Sendable {
    /// A .deb in the archive.
    public struct PoolFile: Hashable, Sendable {
        /// Below the archive's address, such as `pool/main/h/haproxy/haproxy_3.0.11-1_amd64.deb`.
        public let path: String
        public let size: Int64
        public let digest: Digest
    }

    /// Policy's word for how much a system needs a package, from `required` on.
    public enum Priority: Int, Sendable, Comparable {
        case required, important, standard, optional

        init(_ text: String?) {
            self =
                switch text {
                case "required": .required
                case "important": .important
                case "standard": .standard
                default: .optional
                }
        }

        public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    public let name: String
    public let version: DebianVersion
    /// `all`, or that of its programs.
    public let architecture: String
    /// Installed on every system of the distribution.
    public let isEssential: Bool
    public let priority: Priority
    /// Nil for what dpkg lists as installed.
    public let file: PoolFile?
    /// The word of the field Multi-Arch.
    let multiArch: String
    /// What must be installed before this is unpacked (Policy 7.2).
    let needsBefore: [[Relation]]
    /// What must be unpacked before this is configured.
    let needsBeside: [[Relation]]
    let provides: [Relation]
    /// What Breaks and Conflicts name.
    let excludes: [Relation]

    /// `NAME_VERSION_ARCHITECTURE.deb`, a colon written `%3a`, as apt names files.
    public var fileName: String {
        "\(name)_\(version.description.replacing(":", with: "%3a"))_\(architecture).deb"
    }

    var label: String { "\(name) \(version)" }

    /// All that must be there: for a set of packages that is installed whole, both kinds mean the same.
    var needs: [[Relation]] { needsBefore + needsBeside }

    static let fields: Set<String> = [
        "package", "version", "architecture", "essential", "priority", "multi-arch", "depends", "pre-depends",
        "provides",
        "conflicts", "breaks", "filename", "size", "sha256", "status",
    ]

    /// - Parameter isInstalled: a paragraph of dpkg's status rather than of an index: no file.
    init(_ stanza: ControlStanza, isInstalled: Bool, subject: String, line: Int) throws(DebianError) {
        func fail(_ reason: String) -> DebianError { .malformed(subject: subject, line: line, reason: reason) }
        guard let name = stanza["Package"], PackageName.isValid(name) else {
            throw fail("a package has no proper name")
        }
        guard let version = stanza["Version"].flatMap({ DebianVersion($0) }) else {
            throw fail("\(name) has no proper version")
        }
        guard let architecture = stanza["Architecture"], !architecture.isEmpty,
            architecture.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 })
        else { throw fail("\(name) has no proper architecture") }
        self.name = name
        self.version = version
        self.architecture = architecture
        isEssential = stanza["Essential"] == "yes"
        priority = Priority(stanza["Priority"])
        multiArch = stanza["Multi-Arch"] ?? "no"
        func groups(_ field: String) throws(DebianError) -> [[Relation]] {
            try Relation.groups(stanza[field]) { fail("\(name), \(field): \($0)") }
        }
        needsBefore = try groups("Pre-Depends")
        needsBeside = try groups("Depends")
        provides = try groups("Provides").flatMap { $0 }
        excludes = try groups("Breaks").flatMap { $0 } + groups("Conflicts").flatMap { $0 }
        if isInstalled {
            file = nil
        } else {
            guard let path = stanza["Filename"], Self.isPoolPath(path) else {
                throw fail("\(name) has no proper Filename")
            }
            guard let size = stanza["Size"].flatMap({ Int64($0) }), (1...(8 << 30)).contains(size) else {
                throw fail("\(name) has no proper Size")
            }
            guard let digest = stanza["SHA256"].flatMap({ try? Digest(hex: $0) }) else {
                throw fail("\(name) has no SHA256")
            }
            file = PoolFile(path: path, size: size, digest: digest)
            guard PackageName.isFile(fileName) else { throw fail("\(name) makes no file name") }
        }
    }

    /// Whether this package, by its own name or by one it provides, is what a relation asks for on a machine of `native`.
    func satisfies(_ relation: Relation, native: String) -> Bool {
        if name == relation.name, relation.admits(version) {
            switch relation.qualifier {
            case nil: return true
            case "any": return multiArch == "allowed"
            case let qualifier: return qualifier == architecture || (architecture == "all" && qualifier == native)
            }
        }
        return provides.contains { provided in
            guard provided.name == relation.name, relation.admits(provided.bound?.version) else { return false }
            return relation.qualifier == provided.qualifier || relation.qualifier == nil
                || relation.qualifier == native
        }
    }

    /// Letters, digits and `+-._~%:` between single slashes; nothing that leads elsewhere.
    private static func isPoolPath(_ path: String) -> Bool {
        guard path.utf8.count <= 1024 else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.allSatisfy {
                    (97...122).contains($0 | 0x20) || (48...57).contains($0) || "+-._~%:".utf8.contains($0)
                }
        }
    }
}
