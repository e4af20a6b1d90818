/// Finds what a person most probably meant.
public enum Suggestion {
    /// The candidate nearest to `text`, or `nil` when none is near enough to be helpful.
    ///
    /// Nearness is the edit distance with transpositions (optimal string alignment), at most a third of the length.
    public static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, text.count / 3)
        let ranked = candidates.map { (name: $0, distance: distance(text, $0)) }.filter { $0.distance <= limit }
        return ranked.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// `did you mean 'x'?`, or the list of what is allowed when nothing is near.
    public static func help(for text: String, among candidates: some Sequence<String>) -> String {
        if let name = nearest(to: text, among: candidates) { return "did you mean '\(name)'?" }
        return "expected one of: " + candidates.sorted().joined(separator: ", ")
    }

    static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first.lowercased()), Array(second.lowercased()))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var current = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                current[j] = min(substitution, last[j] + 1, current[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    current[j] = min(current[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[b.count]
    }
}
