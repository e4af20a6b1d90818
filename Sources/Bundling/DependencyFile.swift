import HostSystem

/// What a file was made from, as a rule that Make includes and Ninja reads (`depfile`): the subset that both understand alike.
///
///     out/ha.tar: topologies/ha.yaml topologies/ha.lock
///     topologies/ha.yaml:
///     topologies/ha.lock:
///
/// The rules without prerequisites are what compilers write for `-MP`: a file that was removed makes Make build again, not fail.
public struct DependencyFile: Sendable {
    public let target: String
    public let prerequisites: [String]

    /// - Throws: ``InputError`` for a path that Make or Ninja would read as something else.
    public init(target: String, prerequisites: [String]) throws(InputError) {
        for path in [target] + prerequisites where !Self.isSpeakable(path) { throw .unspeakable(path: path) }
        self.target = target
        self.prerequisites = prerequisites
    }

    public var text: String {
        let escaped = prerequisites.map(Self.escape)
        return ([Self.escape(target) + ":"] + escaped).joined(separator: " \\\n  ") + "\n"
            + escaped.map { "\($0):\n" }.joined()
    }

    /// Replaces the file at once.
    public func write(to path: String) throws(InputError) {
        try Files<InputError>.write(Array(text.utf8), to: path, mode: 0o644)
    }

    /// Characters that stand for themselves in both, and those that ``escape(_:)`` makes so. Patterns, wildcards, assignments, archive members
    /// and recipes of Make are not among them.
    private static func isSpeakable(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("~")
            && path.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9": true
                case _ where "/._-+,@!{}~&'\" #$:".unicodeScalars.contains(scalar): true
                default: scalar.value >= 0x80
                }
            }
    }

    private static func escape(_ path: String) -> String {
        path.reduce(into: "") { text, character in
            switch character {
            case " ", "#", ":": text += "\\\(character)"
            case "$": text += "$$"
            default: text.append(character)
            }
        }
    }
}
