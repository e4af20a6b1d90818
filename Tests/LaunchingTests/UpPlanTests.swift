import BundleFormat
import Testing
import Values

@testable import Launching

/// What `up` decides to do, compared as values: no file is touched.
@Suite("the plan of up")
struct UpPlanTests {
    static let first = UpSample()

    /// Everything in place, every machine running.
    static func settled(_ goal: UpGoal = first.goal()) throws -> UpState {
        var state = UpSample.nothing
        for step in try goal.steps(from: state) { state = state.after(step, to: goal) }
        return state
    }

    static let fresh: [UpStep] = [
        .makeDirectory(path: "/s/lab"), .writePlan(bundle: "\(UpSample.digest("a"))", machines: 3),
        .writeOperatorFiles(["id_operator", "known_hosts"]), .placeSeed(machine: "jump"),
        .placeSeed(machine: "etcd-1"), .placeSeed(machine: "worker-1"),
        .placeBootFile(payload: "image", file: "image-aa"), .fillDepot(payloads: 1), .finish,
        .start(machines: ["jump", "etcd-1", "worker-1"]),
    ]

    @Test("a fresh instance: everything, in an order in which each step finds what it needs")
    func fresh() throws { #expect(try Self.first.goal().steps(from: UpSample.nothing) == Self.fresh) }

    @Test("containers have no boot files, and a base tree that must be there")
    func containers() throws {
        let goal = UpSample(media: .directories, provider: .nspawn).goal()
        var state = UpSample.nothing
        state.baseTrees = ["/base"]
        let expected = Self.fresh.filter { if case .placeBootFile = $0 { false } else { true } }
        #expect(try goal.steps(from: state) == expected)
        #expect(goal.recorded(in: state).record.baseTree == "/base")
        #expect(Self.first.goal().recorded(in: state).record.baseTree == nil)
    }

    @Test("the same bundle again: nothing at all")
    func again() throws { #expect(try Self.first.goal().steps(from: Self.settled()) == []) }

    @Test("the same bundle with machines that are off, crashed, or left standing: they are started, and nothing else")
    func stopped() throws {
        var state = try Self.settled()
        state.running["etcd-1"] = nil
        state.running["worker-1"] = .crashed
        #expect(try Self.first.goal().steps(from: state) == [.start(machines: ["etcd-1", "worker-1"])])
        state.running["jump"] = .paused
        state.running["worker-1"] = .stopping
        #expect(
            try Self.first.goal().steps(from: state) == [.resume(machines: ["jump"]), .start(machines: ["etcd-1"])])
    }

    @Test("only some machines are started, and all are made")
    func some() throws {
        let goal = UpSample().goal(machines: ["etcd-1"])
        #expect(try goal.steps(from: UpSample.nothing) == Self.fresh.dropLast() + [.start(machines: ["etcd-1"])])
        var state = UpSample.nothing
        for step in try goal.steps(from: state) { state = state.after(step, to: goal) }
        #expect(Set(state.running.keys) == ["etcd-1"])
        #expect(try Self.first.goal().steps(from: state) == [.start(machines: ["jump", "worker-1"])])
    }

    @Test("killed after any step, the next call does exactly what was left, whatever is wanted")
    func killed() throws {
        let next = UpSample(bundle: "b", machines: ["jump", "etcd-1", "etcd-2"], seeds: ["jump": "9"], depot: "e")
        let directories = UpSample(media: .directories, provider: .nspawn)
        var tree = UpSample.nothing
        tree.baseTrees = ["/base"]
        for (goal, start) in [
            (Self.first.goal(), UpSample.nothing), (next.goal(), try Self.settled()), (directories.goal(), tree),
        ] {
            var state = start
            let steps = try goal.steps(from: start)
            for (index, step) in steps.enumerated() {
                #expect(try goal.steps(from: state) == Array(steps[index...]), "before \(step)")
                state = state.after(step, to: goal)
                // Until everything is in place nothing may be started from it.
                let isBefore = steps[...index].contains(.finish) == false
                #expect(state.present?.record.isComplete != true || !isBefore || step == .begin, "after \(step)")
            }
            #expect(try goal.steps(from: state) == [])
        }
    }

    @Test(
        "another bundle: what differs is replaced, what runs is told, what is gone is removed, what is new is started")
    func another() throws {
        let next = UpSample(
            bundle: "b", machines: ["jump", "etcd-1", "etcd-2"], seeds: ["jump": "9"], operatorKey: "7")
        #expect(
            try next.goal().steps(from: Self.settled()) == [
                .begin, .remove(machine: "worker-1"), .writePlan(bundle: "\(UpSample.digest("b"))", machines: 3),
                .writeOperatorFiles(["id_operator"]), .placeSeed(machine: "jump"), .placeSeed(machine: "etcd-2"),
                .finish, .tell(machine: "jump"), .start(machines: ["etcd-2"]),
            ])
    }

    @Test("another bundle for machines that are off: nobody is told, since what starts finds its seed")
    func anotherForStopped() throws {
        let next = UpSample(bundle: "b", seeds: ["jump": "9", "etcd-1": "8"]).goal(machines: ["jump"])
        var state = try Self.settled()
        state.running = ["worker-1": .running]
        let steps = try next.steps(from: state)
        #expect(steps.suffix(2) == [.finish, .start(machines: ["jump"])])
        for step in steps { state = state.after(step, to: next) }
        #expect(state.untold == [], "what is off is never untold")
        state = state.after(.start(machines: ["etcd-1"]), to: next)
        #expect(state.untold == [])
    }

    @Test("machines that could not be told are told again by every call, until they know or have been restarted")
    func untold() throws {
        let next = UpSample(bundle: "b", seeds: ["jump": "9"]).goal()
        var state = try Self.settled()
        for step in try next.steps(from: state) where step != .tell(machine: "jump") {
            state = state.after(step, to: next)
        }
        #expect(state.untold == ["jump"] && state.outdated == ["jump"])
        #expect(try next.steps(from: state) == [.tell(machine: "jump")])
        var crashed = state
        crashed.running["jump"] = .crashed
        #expect(try next.steps(from: crashed) == [.start(machines: ["jump"])])
        state.running["jump"] = nil
        #expect(try next.steps(from: state) == [.start(machines: ["jump"])])
        #expect(state.after(.start(machines: ["jump"]), to: next).untold == [])
    }

    @Test("another depot: it is filled, and what runs with the old one is named until it is restarted")
    func depot() throws {
        let next = UpSample(depot: "e").goal()
        var state = try Self.settled()
        #expect(state.outdated == [])
        let steps = try next.steps(from: state)
        #expect(steps == [.begin, .fillDepot(payloads: 1), .finish])
        for step in steps { state = state.after(step, to: next) }
        #expect(state.outdated == ["etcd-1", "jump", "worker-1"] && state.untold == [])
        state.running["jump"] = nil
        #expect(state.after(.start(machines: ["jump"]), to: next).outdated == ["etcd-1", "worker-1"])
    }

    @Test("a depot in a directory is seen by what runs")
    func depotDirectory() throws {
        var state = UpSample.nothing
        state.baseTrees = ["/base"]
        for sample in [
            UpSample(media: .directories, provider: .nspawn),
            UpSample(media: .directories, provider: .nspawn, depot: "e"),
        ] {
            for step in try sample.goal().steps(from: state) { state = state.after(step, to: sample.goal()) }
        }
        #expect(state.outdated == [])
    }

    @Test("what the depot lacks is on record, and put right when it no longer does")
    func absent() throws {
        let poor = UpSample(payloads: ["3"], depotHolds: []).goal()
        let state = try Self.settled(poor)
        #expect(state.machine("etcd-1").absent == ["payload-3"])
        let rich = UpSample(depot: "e", payloads: ["3"], depotHolds: ["3"]).goal()
        var next = state
        let steps = try rich.steps(from: state)
        #expect(steps == [.begin, .fillDepot(payloads: 1), .finish])
        for step in steps { next = next.after(step, to: rich) }
        #expect(next.machine("etcd-1").absent == [])
    }

    @Test("what somebody removed by hand is placed again")
    func removedByHand() throws {
        var state = try Self.settled()
        state.seeds.remove("etcd-1")
        state.depot = nil
        state.operatorFiles["known_hosts"] = UpSample.digest("f")
        #expect(
            try Self.first.goal().steps(from: state) == [
                .begin, .writeOperatorFiles(["known_hosts"]), .placeSeed(machine: "etcd-1"), .fillDepot(payloads: 1),
                .finish,
            ])
    }

    @Test("boot files: what is named wins, then what the instance has under this bundle, then what is pinned")
    func bootFiles() throws {
        let named = UpSample(bootFile: .named(file: "image-named")).goal()
        var state = try Self.settled()
        let place = UpStep.placeBootFile(payload: "image", file: "image-named")
        #expect(try named.steps(from: state) == [.begin, place, .finish])
        for step in try named.steps(from: state) { state = state.after(step, to: named) }
        #expect(try Self.first.goal().steps(from: state) == [], "named once is enough under the same bundle")
        let unpinned = UpSample(bootFile: .unpinned).goal()
        #expect(try unpinned.steps(from: state) == [])
        let other = UpSample(bundle: "b").goal()
        #expect(try other.steps(from: state).contains(.placeBootFile(payload: "image", file: "image-aa")))
    }

    @Test("a network that is at fault is mended, with the machines that start or without any")
    func network() throws {
        var state = try Self.settled()
        state.faults = ["the switch is gone"]
        #expect(try Self.first.goal().steps(from: state) == [.restoreNetwork(faults: ["the switch is gone"])])
        state.running["jump"] = nil
        #expect(try Self.first.goal().steps(from: state) == [.start(machines: ["jump"])])
    }
}
