/// The differences of two texts as a unified diff without file names: hunks of three lines around each change.
public struct TextDiff: Sendable {
    /// Lines around a change that are shown.
    private static let context = 3
    /// Lines of a text for which differences are looked for: what takes longer to compare is shown as replaced.
    private static let limit = 4000

    public let text: String

    /// Nil when one of them is no text.
    ///
    /// - Parameter length: the most lines of the result.
    public init?(_ old: [UInt8], _ new: [UInt8], length: Int = 80) {
        func lines(_ bytes: [UInt8]) -> [String]? {
            guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { return nil }
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let last = lines.removeLast()
            // What ends with a new line has no line behind it.
            if !last.isEmpty { lines.append(last + "\n\\ No newline at end of file") }
            return lines
        }
        guard let old = lines(old), let new = lines(new) else { return nil }
        self.init(old, new, length: length)
    }

    public init(_ old: [String], _ new: [String], length: Int = 80) {
        var lines = Self.hunks(Self.changes(old, new)).flatMap(\.lines)
        if lines.count > length { lines = lines.prefix(length) + ["… and \(lines.count - length) more lines"] }
        text = lines.map { $0 + "\n" }.joined()
    }

    private struct Change {
        /// A space, `-` or `+`.
        let mark: Character
        let line: String

        var isCommon: Bool { mark == " " }
    }

    /// Every line of both, in order.
    private static func changes(_ old: [String], _ new: [String]) -> [Change] {
        // What is alike at both ends needs no comparison.
        let start = zip(old, new).prefix { $0 == $1 }.count
        let rest = min(old.count, new.count) - start
        let end = zip(old.reversed(), new.reversed()).prefix(rest).prefix { $0 == $1 }.count
        let (before, after) = (Array(old[start..<old.count - end]), Array(new[start..<new.count - end]))
        var changes = old[..<start].map { Change(mark: " ", line: $0) }
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        if before.count <= limit, after.count <= limit {
            for change in after.difference(from: before) {
                switch change {
                case .remove(let offset, _, _): removed.insert(offset)
                case .insert(let offset, _, _): added.insert(offset)
                }
            }
        } else {
            (removed, added) = (Set(before.indices), Set(after.indices))
        }
        var (place, target) = (0, 0)
        while place < before.count || target < after.count {
            if place < before.count, removed.contains(place) {
                changes.append(Change(mark: "-", line: before[place]))
                place += 1
            } else if target < after.count, added.contains(target) {
                changes.append(Change(mark: "+", line: after[target]))
                target += 1
            } else {
                changes.append(Change(mark: " ", line: before[place]))
                place += 1
                target += 1
            }
        }
        return changes + old[(old.count - end)...].map { Change(mark: " ", line: $0) }
    }

    private struct Hunk {
        /// The first line in the old and in the new text, from 1.
        let old: Int
        let new: Int
        var changes: [Change] = []

        var lines: [String] {
            let counts = (changes.count { $0.mark != "+" }, changes.count { $0.mark != "-" })
            // A range without lines names the one before it.
            let starts = (counts.0 == 0 ? old - 1 : old, counts.1 == 0 ? new - 1 : new)
            return ["@@ -\(starts.0),\(counts.0) +\(starts.1),\(counts.1) @@"] + changes.map { "\($0.mark)\($0.line)" }
        }
    }

    private static func hunks(_ changes: [Change]) -> [Hunk] {
        var hunks: [Hunk] = []
        var (old, new) = (1, 1)
        var isInside = false
        var shown = changes.indices.filter { !changes[$0].isCommon }[...]
        for (index, change) in changes.enumerated() {
            while let first = shown.first, first + context < index { shown.removeFirst() }
            let isNear = shown.first.map { $0 - context <= index } ?? false
            if isNear {
                if !isInside { hunks.append(Hunk(old: old, new: new)) }
                hunks[hunks.count - 1].changes.append(change)
            }
            isInside = isNear
            if change.mark != "+" { old += 1 }
            if change.mark != "-" { new += 1 }
        }
        return hunks
    }
}
