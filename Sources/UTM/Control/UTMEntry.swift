/// A line of `utmctl list`.
struct UTMEntry: Hashable, Sendable {
    let uuid: String
    let state: UTMState
    let name: String

    /// Whether this is the machine of a name. A list may have names without what UTM strips from them.
    func isNamed(_ name: String) -> Bool { self.name == name || self.name == UTMNames.stripped(name) }

    /// Parses what `utmctl list` prints: a line of headings, then a line for each machine with its UUID, its state padded
    /// to eight characters, and its name, which may hold anything. Nil when a line is something else.
    static func list(parsing output: String) -> [UTMEntry]? {
        let lines = output.split(whereSeparator: \.isNewline)
        guard let heading = lines.first, heading.hasPrefix("UUID") else { return nil }
        var entries: [UTMEntry] = []
        for line in lines.dropFirst() {
            let columns = line.split(separator: " ", maxSplits: 1)
            guard columns.count == 2, UTMLint.isUUID(String(columns[0])) else { return nil }
            let rest = columns[1].drop { $0 == " " }
            let word = rest.prefix { $0 != " " }
            guard let state = UTMState(rawValue: String(word)) else { return nil }
            // Padded, then one space: a name may begin with spaces itself.
            let name = rest.dropFirst(max(word.count, 8) + 1)
            entries.append(UTMEntry(uuid: String(columns[0]), state: state, name: String(name)))
        }
        return entries
    }
}
