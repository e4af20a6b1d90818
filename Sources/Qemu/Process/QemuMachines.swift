import HostSystem
import Launching

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
