import Values

/// What a machine has before packages are installed.
public enum BaseSystem: Sendable {
    /// dpkg's list of an image, `/var/lib/dpkg/status`.
    case status([UInt8])
    /// Nobody knows it: the essential packages, those of the priority and above, and what they need.
    case priority(BinaryPackage.Priority)
}

/// Finds what packages need that a base system lacks (Policy 7; recommended packages are left out).
///
/// Deterministic: what leaves no choice is settled first; of alternatives the first that can be had is taken, of several providers
/// the one of higher priority, then the first by name. There is no way back from a choice: where one leads nowhere, the error names the
/// packages.
public struct PackageResolver {
    /// More packages than any machine has.
    static let limit = 10_000

    private let catalogue: PackageCatalogue
    private let native: String
    private var installed: [String: BinaryPackage] = [:]
    private var chosen: [String: BinaryPackage] = [:]
    private var suites: [String: PackageArchive.Suite] = [:]
    /// Names of installed and chosen packages by what they provide; some may be replaced since by a version that does not.
    private var providing: [String: Set<String>] = [:]
    private var candidates: [String: (package: BinaryPackage, suite: PackageArchive.Suite)?] = [:]
    /// For the base itself: what cannot be had is left out.
    private var isLenient = false

    /// A package of a closure, with its address.
    public struct Found: Sendable {
        public let package: BinaryPackage
        public let file: BinaryPackage.PoolFile
        public let address: String
        /// Which has it.
        public let suite: PackageArchive.Suite
        /// Packages of lower stages are installed whole before this one is unpacked; of one stage dpkg finds the order itself.
        public let stage: Int
    }

    public init(_ catalogue: PackageCatalogue, base: BaseSystem) throws(DebianError) {
        self.catalogue = catalogue
        native = catalogue.distribution.architecture.rawValue
        switch base {
        case .status(let bytes):
            let index = try PackageIndex(parsing: bytes, subject: "the image's dpkg status")
            for package in try index.installed()
            where package.architecture == "all" || package.architecture == native {
                install(package)
            }
        case .priority(let priority):
            isLenient = true
            for name in try catalogue.basicNames(upTo: priority) {
                guard let candidate = try candidate(name) else { continue }
                try choose(candidate)
            }
            try settle()
            (installed, chosen, isLenient) = (chosen, [:], false)
        }
    }

    /// The packages and all they need, sorted by name. What is installed is not among it, unless it must be newer or is one of those
    /// that are asked for; a newer one than the distribution's is left as it is.
    public consuming func closure(of names: [String]) throws(DebianError) -> [Found] {
        for name in names {
            let candidate = try requested(name)
            if let installed = installed[candidate.name], installed.version > candidate.version { continue }
            try choose(candidate)
        }
        repeat { try settle() } while try repair()
        let stages = try stages()
        var found: [Found] = []
        for package in chosen.values.sorted(by: { $0.name < $1.name }) {
            guard let file = package.file, let suite = suites[package.name] else { continue }
            found.append(
                Found(
                    package: package, file: file, address: "\(suite.address)/\(file.path)", suite: suite,
                    stage: stages[package.name] ?? 0))
        }
        return found
    }

    /// dpkg refuses to unpack a package while what it pre-depends on is not configured, and puts off configuring one until what it
    /// depends on is. So a package comes after what it pre-depends on, and not before what it depends on.
    private func stages() throws(DebianError) -> [String: Int] {
        let edges = chosen.values.sorted { $0.name < $1.name }.map { package in
            (
                package, before: package.needsBefore.compactMap { chosenName($0, for: package) },
                beside: package.needsBeside.compactMap { chosenName($0, for: package) }
            )
        }
        var stages: [String: Int] = [:]
        var isSettled = false
        while !isSettled {
            isSettled = true
            for (package, before, beside) in edges {
                let stage = max(
                    before.map { (stages[$0] ?? 0) + 1 }.max() ?? 0, beside.map { stages[$0] ?? 0 }.max() ?? 0)
                guard stage > stages[package.name] ?? 0 else { continue }
                guard stage < PackageName.stageLimit else { throw .circular(package: package.label) }
                stages[package.name] = stage
                isSettled = false
            }
        }
        return stages
    }

    /// The chosen package that satisfies a group; nil where one that stays as it is does.
    private func chosenName(_ group: [Relation], for package: BinaryPackage) -> String? {
        for relation in group {
            for name in [relation.name] + (providing[relation.name] ?? []).sorted() {
                guard name != package.name, current(name)?.satisfies(relation, native: native) == true else { continue }
                return chosen[name] == nil ? nil : name
            }
        }
        return nil
    }

    // MARK: Choosing

    /// Groups of alternatives that are to be looked at, and those that leave a choice.
    private var pending: [(package: BinaryPackage, group: [Relation])] = []
    private var open: [(package: BinaryPackage, group: [Relation])] = []

    private mutating func choose(_ package: BinaryPackage) throws(DebianError) {
        if let before = chosen[package.name], before.version == package.version { return }
        guard chosen.count < Self.limit else { throw .tooMany(limit: Self.limit) }
        chosen[package.name] = package
        for relation in package.provides { providing[relation.name, default: []].insert(package.name) }
        pending += package.needs.map { (package, $0) }
    }

    private mutating func install(_ package: BinaryPackage) {
        installed[package.name] = package
        for relation in package.provides { providing[relation.name, default: []].insert(package.name) }
    }

    /// Chooses until nothing that was chosen lacks anything.
    private mutating func settle() throws(DebianError) {
        var next = 0
        var nextOpen = 0
        while true {
            if next < pending.count {
                let (package, group) = pending[next]
                next += 1
                if isSatisfied(group) { continue }
                let choices = try choices(group)
                switch choices.count {
                case 0:
                    if !isLenient { throw try unsatisfied(package, group) }
                case 1: try choose(choices[0])
                default: open.append((package, group))
                }
            } else if nextOpen < open.count {
                let (package, group) = open[nextOpen]
                nextOpen += 1
                if isSatisfied(group) { continue }
                // What excludes nobody comes before what does.
                let choices = try choices(group)
                guard let choice = choices.first(where: { exclusions(of: $0).isEmpty }) ?? choices.first else {
                    throw try unsatisfied(package, group)
                }
                try choose(choice)
            } else {
                break
            }
        }
        pending = []
        open = []
    }

    private func current(_ name: String) -> BinaryPackage? { chosen[name] ?? installed[name] }

    private func isSatisfied(_ group: [Relation]) -> Bool {
        group.contains { relation in
            if current(relation.name)?.satisfies(relation, native: native) == true { return true }
            return (providing[relation.name] ?? []).contains {
                current($0)?.satisfies(relation, native: native) == true
            }
        }
    }

    private mutating func candidate(_ name: String) throws(DebianError) -> BinaryPackage? {
        if let known = candidates[name] { return known?.package }
        let found = try catalogue.candidate(name)
        candidates.updateValue(found, forKey: name)
        if let found { suites[name] = found.suite }
        return found?.package
    }

    /// The packages that would satisfy a group, the best one first, each once.
    private mutating func choices(_ group: [Relation]) throws(DebianError) -> [BinaryPackage] {
        var result: [BinaryPackage] = []
        for relation in group {
            if let real = try candidate(relation.name), real.name == relation.name,
                real.satisfies(relation, native: native)
            {
                result.append(real)
            }
            result += try providers(of: relation)
        }
        var seen: Set<String> = []
        return result.filter { seen.insert($0.name).inserted }
    }

    private mutating func providers(of relation: Relation) throws(DebianError) -> [BinaryPackage] {
        var found: [BinaryPackage] = []
        for name in catalogue.providers(of: relation.name) where name != relation.name {
            if let package = try candidate(name), package.satisfies(relation, native: native) { found.append(package) }
        }
        return found.sorted { ($0.priority.rawValue, $0.name) < ($1.priority.rawValue, $1.name) }
    }

    private mutating func requested(_ name: String) throws(DebianError) -> BinaryPackage {
        if let package = try candidate(name) { return package }
        guard let relation = Relation(name), relation.qualifier == nil, relation.bound == nil else {
            throw .unknownPackage(name: name)
        }
        let providers = try providers(of: relation)
        switch providers.count {
        case 0: throw .unknownPackage(name: name)
        case 1: return providers[0]
        default: throw .ambiguous(name: name, providers: providers.map(\.name))
        }
    }

    private mutating func unsatisfied(_ package: BinaryPackage, _ group: [Relation]) throws(DebianError) -> DebianError
    {
        var known: [String] = []
        for relation in group { if let found = try candidate(relation.name) { known.append(found.label) } }
        return .unsatisfied(
            package: package.label, relation: group.map(\.description).joined(separator: " | "),
            reason: known.isEmpty
                ? "the distribution has no such package" : "the distribution has \(known.joined(separator: ", "))")
    }

    // MARK: What packages do to each other

    /// Who cannot stay beside a package, and why; in the order of names.
    private func exclusions(of package: BinaryPackage) -> [(
        excluding: BinaryPackage, excluded: BinaryPackage, Relation
    )] {
        var result: [(excluding: BinaryPackage, excluded: BinaryPackage, Relation)] = []
        for relation in package.excludes {
            let names = (providing[relation.name] ?? []).union([relation.name])
            for name in names.sorted() where name != package.name {
                if let other = current(name), other.satisfies(relation, native: native) {
                    result.append((package, other, relation))
                }
            }
        }
        return result
    }

    /// Makes installed packages newer that the chosen ones would break.
    ///
    /// - Returns: whether anything was chosen.
    private mutating func repair() throws(DebianError) -> Bool {
        let names = Set(installed.keys).union(chosen.keys).sorted()
        var changed = false
        for name in names {
            guard let package = current(name) else { continue }
            for (excluding, excluded, relation) in exclusions(of: package) {
                // Installed side by side already: not our doing.
                if chosen[excluding.name] == nil, chosen[excluded.name] == nil { continue }
                var isRenewed = try renew(excluded)
                if !isRenewed { isRenewed = try renew(excluding) }
                guard isRenewed else {
                    throw .conflict(package: excluding.label, other: excluded.label, relation: relation.description)
                }
                changed = true
            }
            guard chosen[name] == nil else { continue }
            for group in package.needs where !isSatisfied(group) && wasSatisfied(group) {
                guard try renew(package) else { throw try unsatisfied(package, group) }
                changed = true
                break
            }
        }
        return changed
    }

    /// Chooses the distribution's version of an installed package, where that is a later one.
    private mutating func renew(_ package: BinaryPackage) throws(DebianError) -> Bool {
        guard chosen[package.name] == nil, let candidate = try candidate(package.name),
            candidate.version > package.version
        else { return false }
        try choose(candidate)
        return true
    }

    private func wasSatisfied(_ group: [Relation]) -> Bool {
        group.contains { relation in
            if installed[relation.name]?.satisfies(relation, native: native) == true { return true }
            return (providing[relation.name] ?? []).contains {
                installed[$0]?.satisfies(relation, native: native) == true
            }
        }
    }
}
