/// One operation on a register that a client asked for. Times are milliseconds of one clock.
public struct RegisterOperation: Hashable, Sendable {
    /// What was done, and what came of it.
    public enum Kind: Hashable, Sendable {
        /// Returned this value; nil where there was none. A compare-and-swap that found another value is a read of it.
        case read(Int64?)
        case write(Int64)
        /// Found the first value, and put the second one in its place.
        case swap(from: Int64?, to: Int64)
    }

    public let client: Int
    public let register: Int
    public let kind: Kind
    public let began: Double
    /// Nil when no answer came: it may have happened at any time after it began, or never. Only of what changes the register.
    public let ended: Double?

    public init(client: Int, register: Int, kind: Kind, began: Double, ended: Double?) {
        self.client = client
        self.register = register
        self.kind = kind
        self.began = began
        self.ended = ended
    }

    /// The value that it leaves behind, where the register holds `value`; nil when it cannot have happened then.
    fileprivate func apply(to value: Int64?) -> Int64?? {
        switch kind {
        case .read(let found): found == value ? .some(value) : nil
        case .write(let new): .some(new)
        case .swap(let from, let new): from == value ? .some(new) : nil
        }
    }
}

/// Whether what many clients saw of registers can be put into one order in which each operation takes effect at one instant between its
/// call and its answer: linearizability (Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects", 1990).
///
/// The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) in the form that Lowe gave it ("Testing for
/// linearizability", 2017): operations are tried in all orders that their times allow, and a set of operations that led nowhere with some value
/// once is not tried again. Registers are independent of each other, so each is checked for itself (locality, Herlihy and Wing, theorem 1).
public enum Linearizability {
    public enum Result: Hashable, Sendable {
        case linearizable
        /// With the first operation, by the time of its answer, that no order explains.
        case violation(RegisterOperation)
        /// The search was given up after so many steps.
        case undecided
    }

    /// - Parameter limit: steps of the search, for each register.
    public static func check(_ history: [RegisterOperation], limit: Int = 2_000_000) -> Result {
        var isUndecided = false
        for (_, operations) in Dictionary(grouping: history, by: \.register).sorted(by: { $0.key < $1.key }) {
            switch Search(operations).run(limit: limit) {
            case .linearizable: continue
            case .undecided: isUndecided = true
            case let violation: return violation
            }
        }
        return isUndecided ? .undecided : .linearizable
    }
}

/// The search for one register's order.
private struct Search {
    /// By the time they began.
    private let operations: [RegisterOperation]

    init(_ all: [RegisterOperation]) {
        // What was never answered and whose value nobody saw changes nothing that anybody saw: the order without it is one too.
        var seen: Set<Int64> = []
        for operation in all {
            switch operation.kind {
            case .read(let value?), .swap(let value?, _): seen.insert(value)
            default: break
            }
        }
        operations = all.filter { operation in
            if operation.ended != nil { return true }
            switch operation.kind {
            case .read: return false
            case .write(let value), .swap(_, let value): return seen.contains(value)
            }
        }.sorted { $0.began < $1.began }
    }

    private struct Configuration: Hashable {
        /// A bit an operation: those that are in the order already.
        var done: [UInt64]
        var value: Int64?

        func has(_ index: Int) -> Bool { done[index >> 6] & (1 << UInt64(index & 63)) != 0 }
        func adding(_ index: Int, _ value: Int64?) -> Configuration {
            var next = self
            next.done[index >> 6] |= 1 << UInt64(index & 63)
            next.value = value
            return next
        }
    }

    /// A configuration, with what there is to try from it.
    private struct Frame {
        let configuration: Configuration
        /// How many of the first operations are all in the order.
        let first: Int
        /// Of those that have an answer.
        let left: Int
        var candidates: [Int]
    }

    func run(limit: Int) -> Linearizability.Result {
        let answered = operations.count { $0.ended != nil }
        let start = Configuration(done: [UInt64](repeating: 0, count: operations.count / 64 + 1), value: nil)
        var seen: Set<Configuration> = [start]
        var stack = [frame(start, first: 0, left: answered)]
        var steps = 0
        var furthest = stack[0]
        while let top = stack.last {
            if top.left == 0 { return .linearizable }
            if top.left < furthest.left { furthest = top }
            guard let index = stack[stack.count - 1].candidates.popLast() else {
                stack.removeLast()
                continue
            }
            steps += 1
            if steps > limit { return .undecided }
            guard let value = operations[index].apply(to: top.configuration.value) else { continue }
            let next = top.configuration.adding(index, value)
            guard seen.insert(next).inserted else { continue }
            stack.append(
                frame(next, first: top.first, left: top.left - (operations[index].ended == nil ? 0 : 1)))
        }
        let open = operations.indices.filter { !furthest.configuration.has($0) && operations[$0].ended != nil }
        let stuck = open.min { (operations[$0].ended ?? 0) < (operations[$1].ended ?? 0) }
        return stuck.map { .violation(operations[$0]) } ?? .linearizable
    }

    /// What may come next is what began before the first answer of all that is not in the order.
    private func frame(_ configuration: Configuration, first: Int, left: Int) -> Frame {
        var first = first
        while first < operations.count, configuration.has(first) { first += 1 }
        var horizon = Double.infinity
        var candidates: [Int] = []
        for index in first..<operations.count where !configuration.has(index) {
            // They are sorted, so nothing behind this one begins before the horizon.
            if operations[index].began > horizon { break }
            candidates.append(index)
            horizon = min(horizon, operations[index].ended ?? .infinity)
        }
        candidates.removeAll { operations[$0].began > horizon }
        // Tried from the end: what is answered first, first.
        candidates.sort { (operations[$0].ended ?? .infinity) > (operations[$1].ended ?? .infinity) }
        return Frame(configuration: configuration, first: first, left: left, candidates: candidates)
    }
}
