import HostSystem
import Launching

/// Ends virtual machines, each with the gentlest means that works: the power button, for as long as the caller grants;
/// then QMP's `quit`, SIGTERM and SIGKILL. All machines are on the same rung at the same time, so that eleven take no longer
/// than the slowest.
struct QemuStopLadder {
    /// The means that ended a machine; in order.
    enum Rung: Int, Hashable, Sendable, Comparable {
        case powerDown, quit, terminate, kill

        static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }
    }

    /// Seconds for guests to shut down; none of them is asked when there are none.
    let grace: Int
    /// Seconds for QEMU to react to each means after the first.
    var patience = 5
    /// Seconds after which a guest is asked once more: one that was still booting has not heard it.
    var interval = 5

    /// - Returns: how each machine that was running was ended.
    /// - Throws: ``LaunchError/didNotStop(machine:processes:)`` when even SIGKILL did not end one.
    func stop(_ machines: [String], of world: some QemuMachines) throws(LaunchError) -> [String: Rung] {
        var left = try world.running(among: machines)
        var ended: [String: Rung] = [:]
        // Always in the same order: the caller's.
        func ordered(_ names: Set<String>) -> [String] { machines.filter(names.contains) }
        func look(_ rung: Rung) throws(LaunchError) {
            let running = try world.running(among: ordered(left))
            for machine in left.subtracting(running) { ended[machine] = rung }
            left = running
        }

        if grace > 0 {
            let start = world.now()
            var asked = start
            var hopeless = ask(ordered(left), world)
            while !left.subtracting(hopeless).isEmpty, world.now() - start < grace * 1000 {
                world.pause(milliseconds: 100)
                try look(.powerDown)
                if world.now() - asked >= interval * 1000 {
                    asked = world.now()
                    hopeless.formUnion(ask(ordered(left.subtracting(hopeless)), world))
                }
            }
        }
        for rung in [Rung.quit, .terminate, .kill] where !left.isEmpty {
            for machine in ordered(left) {
                switch rung {
                case .powerDown: break
                case .quit: world.quit(machine)
                case .terminate: try world.signal(.terminate, machine)
                case .kill: try world.signal(.kill, machine)
                }
            }
            let start = world.now()
            repeat {
                try look(rung)
                if left.isEmpty { break }
                world.pause(milliseconds: 50)
            } while world.now() - start < patience * 1000
        }
        if let stuck = ordered(left).first { throw .didNotStop(machine: stuck, processes: 1) }
        return ended
    }

    /// Those that can do nothing about it.
    private func ask(_ machines: [String], _ world: some QemuMachines) -> Set<String> {
        Set(machines.filter { world.powerDown($0) == .hopeless })
    }
}

/// The virtual machines that a ``QemuStopLadder`` ends; tests have made-up ones.
protocol QemuMachines {
    /// Those of the machines whose QEMU still runs.
    func running(among machines: [String]) throws(LaunchError) -> Set<String>
    /// Has the guest power off, by its power button.
    func powerDown(_ machine: String) -> PowerDownAnswer
    /// Has QEMU end at once, its disks flushed. Nothing is told when it does not listen.
    func quit(_ machine: String)
    func signal(_ signal: ProcessSignal, _ machine: String) throws(LaunchError)
    /// Milliseconds since any fixed moment.
    func now() -> Int
    func pause(milliseconds: Int)
}

/// What became of a request to power off.
enum PowerDownAnswer: Hashable, Sendable {
    /// The guest has been told.
    case asked
    /// QEMU did not listen; it may another time.
    case unheard
    /// The guest is in no state to do anything.
    case hopeless
}
