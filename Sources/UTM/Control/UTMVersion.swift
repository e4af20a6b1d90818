/// A version of UTM, compared number by number.
struct UTMVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// With it came everything that is used: the end of DHCP's addresses, packages opened in place, `stop --request`.
    static let least = UTMVersion([4, 6])

    let numbers: [Int]

    init(_ numbers: [Int]) { self.numbers = numbers }

    /// Parses `4.6.5`, also with more behind it such as ` (Beta)`; nil for anything that does not begin with a number.
    init?(_ text: String) {
        let word = text.drop { $0.isWhitespace }.prefix { $0.isNumber || $0 == "." }
        let numbers = word.split(separator: ".").compactMap { Int($0) }
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers
    }

    var description: String { numbers.map(String.init).joined(separator: ".") }

    static func < (left: UTMVersion, right: UTMVersion) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let (one, other) = (left.number(index), right.number(index))
            if one != other { return one < other }
        }
        return false
    }

    static func == (left: UTMVersion, right: UTMVersion) -> Bool { !(left < right) && !(right < left) }

    /// 4.6 and 4.6.0 are the same version.
    func hash(into hasher: inout Hasher) { hasher.combine(numbers.dropTrailingZeros) }

    private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }
}

extension [Int] {
    fileprivate var dropTrailingZeros: [Int] { lastIndex { $0 != 0 }.map { Array(self[...$0]) } ?? [] }
}
