import Values

/// One package that another one names in a relationship field (Policy 7.1): `name[:qualifier] [(operator version)]`.
struct Relation: Sendable, CustomStringConvertible {
    enum Operator: String, Sendable {
        case earlier = "<<"
        case earlierOrEqual = "<="
        case equal = "="
        case laterOrEqual = ">="
        case later = ">>"
    }

    let name: String
    /// `any`, or an architecture.
    let qualifier: String?
    let bound: (relation: Operator, version: DebianVersion)?

    /// The most that one field may name; Debian's longest Provides has some thousands.
    static let countLimit = 20_000

    var description: String {
        name + (qualifier.map { ":\($0)" } ?? "")
            + (bound.map { " (\($0.relation.rawValue) \($0.version))" } ?? "")
    }

    /// Nil when it is not written as Policy says. `<` and `>` are the obsolete `<=` and `>=`.
    init?(_ source: some StringProtocol) {
        let text = String(source)
        var head = text[...]
        var bound: (Operator, DebianVersion)?
        if let open = text.firstIndex(of: "(") {
            guard let close = text.lastIndex(of: ")"), open < close,
                text[text.index(after: close)...].allSatisfy(\.isWhitespace)
            else { return nil }
            head = text[..<open]
            let inner = text[text.index(after: open)..<close].drop(while: \.isWhitespace)
            let sign = inner.prefix { "<=>".contains($0) }
            let version = inner[sign.endIndex...].filter { !$0.isWhitespace }
            guard let relation = Operator(rawValue: ["<": "<=", ">": ">="][String(sign)] ?? String(sign)),
                let version = DebianVersion(version)
            else { return nil }
            bound = (relation, version)
        }
        let parts = head.filter { !$0.isWhitespace }.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let name = parts.first, PackageName.isValid(String(name)) else {
            return nil
        }
        if parts.count == 2 {
            guard !parts[1].isEmpty,
                parts[1].utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 })
            else { return nil }
            qualifier = String(parts[1])
        } else {
            qualifier = nil
        }
        self.name = String(name)
        self.bound = bound.map { (relation: $0.0, version: $0.1) }
    }

    /// Whether a package of this version is meant; one without a version, only where none is asked for (Policy 7.5).
    func admits(_ version: DebianVersion?) -> Bool {
        guard let bound else { return true }
        guard let version else { return false }
        return switch bound.relation {
        case .earlier: version < bound.version
        case .earlierOrEqual: version <= bound.version
        case .equal: version == bound.version
        case .laterOrEqual: version >= bound.version
        case .later: version > bound.version
        }
    }

    /// A field's value: groups separated by commas, of which each is satisfied by one of its alternatives.
    static func groups(_ text: String?, _ fail: (String) -> DebianError) throws(DebianError) -> [[Relation]] {
        guard let text else { return [] }
        var result: [[Relation]] = []
        var count = 0
        for group in text.split(separator: ",") where !group.allSatisfy(\.isWhitespace) {
            var alternatives: [Relation] = []
            for alternative in group.split(separator: "|", omittingEmptySubsequences: false) {
                count += 1
                guard count <= countLimit else { throw fail("a field names more than \(countLimit) packages") }
                guard let relation = Relation(alternative) else {
                    throw fail("\"\(printable(String(alternative)))\" is not a package with an optional version")
                }
                alternatives.append(relation)
            }
            result.append(alternatives)
        }
        return result
    }
}
