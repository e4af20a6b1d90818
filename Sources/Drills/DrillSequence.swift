public import TopologySpec
import Values

/// Several faults under one watch: what one leaves behind is what the next one finds.
public struct DrillSequence: Sendable {
    public struct Step: Sendable {
        public let drill: Drill
        /// Milliseconds that pass before it, once every member of etcd answers.
        public let pause: Int
    }

    /// What is expected of all together, and their name.
    public let drill: Drill
    public let steps: [Step]

    /// Two to four faults of etcd, the same ones for the same seed: who is hit, in what way, for how long, and what passes in between. What is
    /// expected is that nothing that was acknowledged is lost, that reads and writes have one order, and health at the end.
    ///
    /// - Parameter freezes: whether machines can stand still here.
    public static func random(seed: UInt64, freezes: Bool) -> DrillSequence {
        var numbers = SplitMix64(state: seed)
        let expectations = Drill.Expectations(healthyWithin: 120_000)
        let steps = (0..<Int.random(in: 2...4, using: &numbers)).map { _ in
            Step(
                drill: Self.step(&numbers, expectations, seed: seed, freezes: freezes),
                pause: Int.random(in: 0...2000, using: &numbers))
        }
        let whole = steps.map { "\($0.drill.fault.kind.rawValue) of \($0.drill.target)" }.joined(separator: ", then ")
        return DrillSequence(
            drill: Drill(
                name: "random-\(seed)", title: whole, fault: steps[0].drill.fault, target: steps[0].drill.target,
                duration: steps.map(\.drill.duration).reduce(0, +), expectations: expectations,
                why: """
                    Nobody has chosen these faults for what they teach. What is expected of any of them is the same: who was told that a write \
                    is done finds it, whatever breaks in whichever order. The same seed makes the same faults again.
                    """), steps: steps)
    }

    private static func step(
        _ numbers: inout SplitMix64, _ expectations: Drill.Expectations, seed: UInt64, freezes: Bool
    ) -> Drill {
        let unit = "etcd.service"
        let target =
            [Drill.Target.leader, .leader, .followers(1), .some(2, .etcd), .all(.etcd)]
            .randomElement(using: &numbers) ?? .leader
        var faults: [Drill.Fault] = [.killUnit(unit), .stopUnit(unit), .pauseUnit(unit), .powerCut, .powerOff]
        if freezes { faults.append(.freeze) }
        switch target {
        case .leader, .followers: faults += [.cut(from: .others(.etcd)), .oneWayCut(from: .others(.etcd))]
        default: break
        }
        return Drill(
            name: "random-\(seed)", title: "", fault: faults.randomElement(using: &numbers) ?? .powerCut,
            target: target,
            duration: Int.random(in: 500...5000, using: &numbers), expectations: expectations, why: "")
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the same numbers from the same seed, on every system.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
