import Testing

@testable import Launching
@testable import Qemu

@Suite("stopping virtual machines")
struct QemuStopLadderTests {
    typealias Behaviour = FakeMachines.Behaviour

    @Test("each ends by the gentlest means that works, all of them together")
    func rungs() throws {
        let world = FakeMachines([
            "a": Behaviour(endsBy: .powerDown, takes: 4000), "b": Behaviour(endsBy: .quit),
            "c": Behaviour(endsBy: .terminate),
            "d": Behaviour(endsBy: .kill),
        ])
        let ended = try QemuStopLadder(grace: 7).stop(["d", "c", "b", "a", "absent"], of: world)
        #expect(ended == ["a": .powerDown, "b": .quit, "c": .terminate, "d": .kill])
        #expect(
            world.log == [
                "0 power-down d", "0 power-down c", "0 power-down b", "0 power-down a",
                // Once more, for those that may have been booting.
                "5 power-down d", "5 power-down c", "5 power-down b",
                "7 quit d", "7 quit c", "7 quit b", "12 terminate d", "12 terminate c", "17 kill d",
            ])
    }

    @Test("when all have ended nothing is waited for")
    func quick() throws {
        let world = FakeMachines([
            "a": Behaviour(endsBy: .powerDown, takes: 1000), "b": Behaviour(endsBy: .powerDown, takes: 2000),
        ])
        #expect(try QemuStopLadder(grace: 60).stop(["a", "b"], of: world) == ["a": .powerDown, "b": .powerDown])
        #expect(world.seconds < 2.2)
    }

    @Test("a guest that was still booting is asked again and follows then")
    func booting() throws {
        let world = FakeMachines(["a": Behaviour(endsBy: .powerDown, heeds: 3)])
        #expect(try QemuStopLadder(grace: 60).stop(["a"], of: world) == ["a": .powerDown])
        #expect(world.log == ["0 power-down a", "5 power-down a", "10 power-down a"])
    }

    @Test("a QEMU that talks to somebody else is tried again")
    func unheard() throws {
        let world = FakeMachines(["a": Behaviour(endsBy: .powerDown, answers: [.unheard, .asked])])
        #expect(try QemuStopLadder(grace: 60).stop(["a"], of: world) == ["a": .powerDown])
        #expect(world.seconds > 5 && world.seconds < 6)
    }

    @Test("a guest that can do nothing is not waited for")
    func hopeless() throws {
        let world = FakeMachines(["a": Behaviour(endsBy: .quit, answers: [.hopeless])])
        #expect(try QemuStopLadder(grace: 60).stop(["a"], of: world) == ["a": .quit])
        #expect(world.seconds < 1)
    }

    @Test("without a grace period no guest is asked")
    func noGrace() throws {
        let world = FakeMachines(["a": Behaviour(endsBy: .powerDown)])
        #expect(try QemuStopLadder(grace: 0).stop(["a"], of: world) == ["a": .quit])
        #expect(world.log == ["0 quit a"])
    }

    @Test("what runs no longer is left alone")
    func nothing() throws {
        let world = FakeMachines([:])
        #expect(try QemuStopLadder(grace: 60).stop(["a", "b"], of: world).isEmpty)
        #expect(world.log.isEmpty && world.seconds == 0)
    }

    @Test("one that even SIGKILL does not end")
    func immortal() throws {
        let world = FakeMachines(["a": Behaviour(endsBy: nil), "b": Behaviour(endsBy: .kill)])
        #expect(throws: LaunchError.didNotStop(machine: "a", processes: 1)) {
            try QemuStopLadder(grace: 2).stop(["a", "b"], of: world)
        }
        #expect(world.log.last == "12 kill b" && world.seconds < 18)
    }
}
