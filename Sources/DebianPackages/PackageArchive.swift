public import Values

/// Where a distribution has its packages, and whose signature vouches for them.
public struct PackageArchive: Hashable, Sendable {
    /// One directory below `dists/`.
    public struct Suite: Hashable, Sendable {
        /// Of the archive, `https://HOST/PATH` or `http://HOST/PATH`, without a slash at its end. All that comes from it is held
        /// against the signature.
        public let address: String
        /// The codename that the release must carry, such as `trixie-updates`.
        public let name: String
        public let components: [String]
        /// For a release that says no end of its validity: an older one is refused. Nil for one that never changes.
        public let longestAge: Lifetime?

        public init(_ name: String, at address: String, components: [String], longestAge: Lifetime? = nil) {
            self.name = name
            self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
            self.components = components
            self.longestAge = longestAge
        }

        /// Reads `ADDRESS SUITE COMPONENT…`, as a line of sources.list(5) without `deb` and options; nil when it is none.
        ///
        /// - Parameter distribution: whose suite of that name says how old it may be; others may be 30 days old.
        public init?(parsing line: String, of distribution: Distribution) {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 3, ["https://", "http://"].contains(where: words[0].hasPrefix),
                words[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
                words.dropFirst().allSatisfy({ PackageName.isValid($0.replacing("/", with: "")) })
            else { return nil }
            let standard = PackageArchive.standard(distribution).suites.first { $0.name == words[1] }
            self.init(
                words[1], at: words[0], components: Array(words.dropFirst(2)),
                longestAge: standard.map(\.longestAge) ?? .days(30))
        }
    }

    public let distribution: Distribution
    /// What releases call their maker.
    public let origin: String
    public let suites: [Suite]
    /// The keys of the archive, in files that gpgv reads.
    public let keyrings: [String]

    /// - Parameter keyrings: none for where the distribution's package of keys puts them.
    public init(_ distribution: Distribution, suites: [Suite], keyrings: [String] = []) {
        self.distribution = distribution
        self.suites = suites
        self.keyrings = keyrings.isEmpty ? [Self.standardKeyring(of: distribution)] : keyrings
        origin =
            switch distribution.system {
            case .debian13: "Debian"
            case .ubuntu2404: "Ubuntu"
            }
    }

    /// Where the packages debian-archive-keyring and ubuntu-keyring put the archive's keys.
    public static func standardKeyring(of distribution: Distribution) -> String {
        switch distribution.system {
        case .debian13: "/usr/share/keyrings/debian-archive-keyring.gpg"
        case .ubuntu2404: "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
        }
    }

    /// The distribution's own archive: its release, what was updated since, and repairs of security.
    ///
    /// - Parameter snapshot: the archive as it was then, from the distribution's snapshots, which keep every file for good.
    public static func standard(
        _ distribution: Distribution, keyrings: [String] = [], snapshot: Timestamp? = nil
    ) -> PackageArchive {
        let moment = snapshot.map { $0.description.filter { $0 != "-" && $0 != ":" } }
        switch distribution.system {
        case .debian13:
            func archive(_ name: String) -> String {
                moment.map { "https://snapshot.debian.org/archive/\(name)/\($0)" } ?? "https://deb.debian.org/\(name)"
            }
            let main = archive("debian")
            return PackageArchive(
                distribution,
                suites: [
                    // A point release comes every two to three months.
                    Suite("trixie", at: main, components: ["main"], longestAge: .days(200)),
                    Suite("trixie-updates", at: main, components: ["main"], longestAge: .days(30)),
                    Suite(
                        "trixie-security", at: archive("debian-security"), components: ["main"],
                        longestAge: .days(30)),
                ], keyrings: keyrings)
        case .ubuntu2404:
            // Ubuntu has its architectures in two archives, and in one of snapshots.
            let current =
                switch distribution.architecture {
                case .amd64: "https://archive.ubuntu.com/ubuntu"
                case .arm64: "https://ports.ubuntu.com/ubuntu-ports"
                }
            let main = moment.map { "https://snapshot.ubuntu.com/ubuntu/\($0)" } ?? current
            let components = ["main", "universe"]
            return PackageArchive(
                distribution,
                suites: [
                    // Written once, on the day of the release.
                    Suite("noble", at: main, components: components),
                    Suite("noble-updates", at: main, components: components, longestAge: .days(60)),
                    Suite("noble-security", at: main, components: components, longestAge: .days(60)),
                ], keyrings: keyrings)
        }
    }
}
