import HostSystem

@testable import Launching
@testable import Qemu

/// Virtual machines that react to one means or another, in a time of their own.
final class FakeMachines: QemuMachines {
    struct Behaviour {
        /// The gentlest means that ends it; nil for none.
        var endsBy: QemuStopLadder.Rung?
        /// Milliseconds from the means to the end.
        var takes = 300
        /// What the n-th request to power off is answered; the last answer is given again and again.
        var answers: [PowerDownAnswer] = [.asked]
        /// Which of the requests that were heard it follows; before, it was still booting.
        var heeds = 1
    }

    private(set) var log: [String] = []
    private var clock = 0
    private var machines: [String: Behaviour]
    private var ends: [String: Int] = [:]
    private var asked: [String: Int] = [:]
    private var heard: [String: Int] = [:]

    init(_ machines: [String: Behaviour]) { self.machines = machines }

    var seconds: Double { Double(clock) / 1000 }

    func running(among names: [String]) -> Set<String> {
        Set(names.filter { machines[$0] != nil && (ends[$0].map { $0 > clock } ?? true) })
    }

    func powerDown(_ machine: String) -> PowerDownAnswer {
        log.append("\(clock / 1000) power-down \(machine)")
        guard let behaviour = machines[machine] else { return .unheard }
        let number = asked[machine, default: 0]
        asked[machine] = number + 1
        let answer =
            number < behaviour.answers.count
            ? behaviour.answers[number] : behaviour.answers[behaviour.answers.count - 1]
        if answer == .asked {
            heard[machine, default: 0] += 1
            if heard[machine, default: 0] >= behaviour.heeds { end(machine, .powerDown) }
        }
        return answer
    }

    func quit(_ machine: String) {
        log.append("\(clock / 1000) quit \(machine)")
        end(machine, .quit)
    }

    func signal(_ signal: ProcessSignal, _ machine: String) {
        log.append("\(clock / 1000) \(signal) \(machine)")
        end(machine, signal == .kill ? .kill : .terminate)
    }

    func now() -> Int { clock }
    func pause(milliseconds: Int) { clock += milliseconds }

    private func end(_ machine: String, _ rung: QemuStopLadder.Rung) {
        guard let behaviour = machines[machine], let needed = behaviour.endsBy, needed <= rung, ends[machine] == nil
        else { return }
        ends[machine] = clock + behaviour.takes
    }
}
