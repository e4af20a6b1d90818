import TestSupport
import Testing

@testable import DebianPackages

@Suite struct DebianVersionTests {
    /// Each line from the earliest to the latest.
    static let ladders = [
        ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0a", "1.0+", "1.0.1", "1.1", "1.10"],
        ["0", "0~rc1-1", "0-1", "0.1"].sorted { DebianVersion($0)! < DebianVersion($1)! },
        ["9:1", "10:0.5", "2147483647:0"],
        ["1-1", "1-1+b1", "1-1.1", "1-2", "1-10"],
        ["2.3-1~bpo12+1", "2.3-1~deb13u1", "2.3-1", "2.3-1+deb13u1"],
        ["1a", "1a1", "1ab", "1b", "1+", "1-0a"].sorted { DebianVersion($0)! < DebianVersion($1)! },
        ["0.99999999999999999999999998", "0.99999999999999999999999999", "0.100000000000000000000000000"],
    ]

    static let equal = [("1.0", "1.00"), ("0:1-1", "1-1"), ("1.0-0", "1.0"), ("1.001", "1.1"), ("1-00", "1")]

    @Test(arguments: ladders) func laddersAscend(_ ladder: [String]) throws {
        for (lower, higher) in zip(ladder, ladder.dropFirst()) {
            let (left, right) = (try #require(DebianVersion(lower)), try #require(DebianVersion(higher)))
            #expect(left < right, "\(lower) < \(higher)")
            #expect(!(right < left) && left != right, "\(higher) > \(lower)")
        }
    }

    @Test(arguments: equal) func twoSpellingsOfOne(_ first: String, _ second: String) throws {
        #expect(try #require(DebianVersion(first)) == #require(DebianVersion(second)))
    }

    @Test(arguments: [
        "", "-1", "1-", ":1", "a:1", "2147483648:1", "1 2", "1_2", "1/2", "é", "1-a:b", "1:",
        String(repeating: "1", count: 256),
    ]) func isNone(_ text: String) { #expect(DebianVersion(text) == nil) }

    @Test func epochsStayOutOfFileNames() { #expect(DebianVersion("1:2.3-4")?.withoutEpoch == "2.3-4") }

    /// Every pair of the table, and 10,000 made at random, by the program whose order it is.
    @Test(.needs("dpkg", "sh")) func dpkgAgrees() throws {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("0019a~+.bZ-:")
        func version() -> String {
            let epoch = Int.random(in: 0..<5, using: &random) == 0 ? "\(Int.random(in: 0..<3, using: &random)):" : ""
            let letters = (0..<Int.random(in: 0..<7, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            return epoch + "\(Int.random(in: 0..<3, using: &random))" + String(letters)
        }
        var pairs: [(String, String)] = []
        let table = Self.ladders.flatMap { $0 } + Self.equal.flatMap { [$0.0, $0.1] }
        for first in table { for second in table { pairs.append((first, second)) } }
        while pairs.count < table.count * table.count + 10_000 {
            let (first, second) = (version(), version())
            if DebianVersion(first) != nil, DebianVersion(second) != nil { pairs.append((first, second)) }
        }
        let script = """
            while read -r a b; do
                if dpkg --compare-versions "$a" lt "$b"; then echo '<'
                elif dpkg --compare-versions "$a" eq "$b"; then echo '='
                else echo '>'; fi
            done
            """
        let outcome = try Tool("sh").run(
            ["-c", script], input: pairs.map { "\($0) \($1)\n" }.joined(), limit: .seconds(180))
        let answers = outcome.output.split(separator: "\n").map(String.init)
        try #require(answers.count == pairs.count)
        var differing: [String] = []
        for ((first, second), answer) in zip(pairs, answers) {
            let (left, right) = (try #require(DebianVersion(first)), try #require(DebianVersion(second)))
            let ours = left < right ? "<" : left == right ? "=" : ">"
            if ours != answer { differing.append("\(first) \(answer) \(second), we: \(ours)") }
        }
        #expect(differing.isEmpty, "\(differing.prefix(10))")
    }
}
