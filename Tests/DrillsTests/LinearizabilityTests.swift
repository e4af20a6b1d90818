import Drills
import TestSupport
import Testing

/// Histories whose answer is known: made by running a register, and then with one answer changed.
@Suite("linearizability of registers")
struct LinearizabilityTests {
    typealias Operation = RegisterOperation

    private static func operation(
        _ client: Int, _ kind: Operation.Kind, _ began: Double, _ ended: Double?, register: Int = 0
    ) -> Operation {
        Operation(client: client, register: register, kind: kind, began: began, ended: ended)
    }

    static let good: [(String, [Operation])] = [
        ("nothing", []),
        ("a read of what is not there", [operation(1, .read(nil), 0, 1)]),
        (
            "two writes at once, either may be the last",
            [operation(1, .write(1), 0, 10), operation(2, .write(2), 0, 10), operation(1, .read(1), 11, 12)]
        ),
        (
            "a read beside a write may see it or not",
            [operation(1, .write(1), 0, 10), operation(2, .read(1), 1, 2), operation(3, .read(1), 3, 4)]
        ),
        (
            "a write without an answer is seen late",
            [operation(1, .write(1), 0, nil), operation(2, .read(nil), 5, 6), operation(2, .read(1), 50, 51)]
        ),
        ("a write without an answer is never seen", [operation(1, .write(1), 0, nil), operation(2, .read(nil), 5, 6)]),
        (
            "a chain of swaps",
            [
                operation(1, .swap(from: nil, to: 1), 0, 5), operation(2, .swap(from: 1, to: 2), 1, 6),
                operation(3, .read(2), 7, 8),
            ]
        ),
        (
            "registers do not know each other",
            [operation(1, .write(1), 0, 1), operation(1, .read(nil), 2, 3, register: 1)]
        ),
    ]

    static let bad: [(String, [Operation], culprit: Int)] = [
        ("a read of what nobody wrote", [operation(1, .read(7), 0, 1)], 0),
        ("an acknowledged write is lost", [operation(1, .write(1), 0, 1), operation(2, .read(nil), 2, 3)], 1),
        (
            "an old value after a new one: a stale read",
            [
                operation(1, .write(1), 0, 1), operation(1, .write(2), 2, 3), operation(2, .read(2), 4, 5),
                operation(3, .read(1), 6, 7),
            ], 3
        ),
        (
            "beside a write first the new value, then the old one",
            [
                operation(1, .write(1), 0, 1), operation(1, .write(2), 2, 20), operation(2, .read(2), 4, 5),
                operation(3, .read(1), 6, 7),
            ], 3
        ),
        (
            "two swaps from the same value both succeed",
            [
                operation(1, .write(1), 0, 1), operation(1, .swap(from: 1, to: 2), 2, 10),
                operation(2, .swap(from: 1, to: 3), 2, 11),
            ], 2
        ),
        (
            "a write without an answer is seen, and then is not",
            [operation(1, .write(1), 0, nil), operation(2, .read(1), 5, 6), operation(2, .read(nil), 7, 8)], 2
        ),
    ]

    @Test("what has an order is accepted", arguments: good)
    func accepts(name: String, history: [Operation]) {
        #expect(Linearizability.check(history) == .linearizable, "\(name)")
        #expect(Linearizability.check(history.reversed()) == .linearizable, "in whatever order it is told: \(name)")
    }

    @Test("what has none is found, with the operation that no order explains", arguments: bad)
    func finds(name: String, history: [Operation], culprit: Int) {
        #expect(Linearizability.check(history) == .violation(history[culprit]), "\(name)")
    }

    /// A register that runs: operations of several clients overlap, each takes effect at an instant inside its time, and some lose their answer.
    private static func history(seed: UInt64, clients: Int, operations: Int) -> [Operation] {
        var random = SeededGenerator(seed: seed)
        var pending: [(client: Int, began: Double, effect: Double, ended: Double)] = []
        for client in 0..<clients {
            var now = Double.random(in: 0...5, using: &random)
            for _ in 0..<operations {
                let took = Double.random(in: 1...30, using: &random)
                pending.append((client, now, now + Double.random(in: 0...took, using: &random), now + took))
                now += took + Double.random(in: 0...10, using: &random)
            }
        }
        var value: Int64?
        var next: Int64 = 0
        return pending.sorted { $0.effect < $1.effect }.map { operation in
            let kind: Operation.Kind
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1: kind = .read(value)
            case 2:
                next += 1
                kind = .write(next)
                value = next
            default:
                next += 1
                kind = .swap(from: value, to: next)
                value = next
            }
            let isRead = if case .read = kind { true } else { false }
            let isLost = !isRead && Int.random(in: 0..<20, using: &random) == 0
            return Operation(
                client: operation.client, register: 0, kind: kind, began: operation.began,
                ended: isLost ? nil : operation.ended)
        }
    }

    @Test("histories of a register that ran are accepted; with one old value read late they are not", arguments: 1...60)
    func plantedViolations(seed: UInt64) throws {
        let history = Self.history(seed: seed, clients: 5, operations: 60)
        #expect(Linearizability.check(history) == .linearizable, "seed \(seed)")
        // Somebody reads at the very end what was there near the beginning.
        let last = history.compactMap(\.ended).max() ?? 0
        let old = history.first { if case .write = $0.kind, $0.ended != nil { true } else { false } }
        guard case .write(let value)? = old?.kind else { throw NoWrite() }
        let stale = Operation(client: 9, register: 0, kind: .read(value), began: last + 1, ended: last + 2)
        #expect(Linearizability.check(history + [stale]) == .violation(stale), "seed \(seed)")
    }

    struct NoWrite: Error {}
}
