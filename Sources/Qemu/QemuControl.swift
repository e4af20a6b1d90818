import Foundation
import HostSystem
import Launching

/// The virtual machines of an instance, by their control sockets and processes.
struct QemuControl: QemuMachines {
    let paths: InstancePaths
    let processes: QemuProcesses

    func socket(of machine: String) -> String { "\(paths.directory)/\(QemuNames.qmp(machine))" }

    func running(among machines: [String]) throws(LaunchError) -> Set<String> {
        Set(try processes.find(tag: paths.tag).compactMap(\.machine)).intersection(machines)
    }

    func powerDown(_ machine: String) -> PowerDownAnswer {
        do throws(QMPError) {
            var client = try QMPClient.connect(to: socket(of: machine))
            let state = try client.state()
            guard state.canPowerDown else { return .hopeless }
            // One that stands still would not notice.
            if state == .paused || state == .prelaunch || state == .ioError { try client.execute(.resume) }
            if state == .suspended { try client.execute(.wakeUp) }
            try client.execute(.powerDown)
            return .asked
        } catch { return .unheard }
    }

    func quit(_ machine: String) {
        do throws(QMPError) {
            var client = try QMPClient.connect(to: socket(of: machine))
            try client.quit()
        } catch {
            // The next rung needs no answer.
        }
    }

    func signal(_ signal: ProcessSignal, _ machine: String) throws(LaunchError) {
        for process in try processes.find(tag: paths.tag) where process.machine == machine {
            signal.send(to: process.id)
        }
    }

    /// What the machine's QEMU, which is there, says about it.
    func state(of machine: String) -> RunningMachine.State {
        do throws(QMPError) {
            var client = try QMPClient.connect(to: socket(of: machine))
            switch try client.state() {
            case .paused, .prelaunch, .ioError: return .paused
            case .shutdown: return .stopping
            case .internalError, .guestPanicked: return .crashed
            default: return .running
            }
        } catch .notListening {
            return .starting
        } catch {
            // It lives, and what it says about itself is not to be had at the moment.
            return .running
        }
    }

    /// Lets a machine that stands still go on; nothing is told when it does not listen.
    func resume(_ machine: String) {
        do throws(QMPError) {
            var client = try QMPClient.connect(to: socket(of: machine))
            try client.execute(.resume)
        } catch {
            // The next look at it tells.
        }
    }

    func execute(_ command: QMPCommand, _ machine: String, limit: Duration? = nil) throws(LaunchError) {
        do throws(QMPError) {
            var client = try QMPClient.connect(to: socket(of: machine), limit: .seconds(10))
            try client.execute(command, limit: limit)
        } catch {
            throw .controlFailed(machine: machine, reason: "\(error)")
        }
    }

    /// Ends the switch; machines that run are without a network until there is one again.
    func endSwitch() throws(LaunchError) {
        for attempt in 0..<200 {
            let left = try processes.find(tag: paths.tag).filter { $0.machine == nil }
            if left.isEmpty { return }
            if attempt % 20 == 0 {
                for process in left { (attempt < 60 ? ProcessSignal.terminate : .kill).send(to: process.id) }
            }
            pause(milliseconds: 50)
        }
        throw .didNotStop(machine: "the switch", processes: 1)
    }

    func now() -> Int { Int(ProcessInfo.processInfo.systemUptime * 1000) }

    func pause(milliseconds: Int) { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }
}
