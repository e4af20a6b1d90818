import BundleFormat
import HostSystem
public import Launching

/// Snapshots are copies of the disks beside the packages, since UTM deletes what it does not know inside of them. Machines
/// must be stopped: UTM can pause them, but not tell when all of their writes are on the disk.
extension UTMProvider {
    public func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        try refuseRunning(instance)
        let names = UTMNames(paths: instance.paths)
        for machine in instance.plan.machines where Files.exists(disk(of: machine.name, names)) {
            let copy = names.snapshot(name, of: machine.name)
            try Files.makeDirectory("\(names.paths.machine(machine.name))/snapshots", mode: 0o700)
            try replace(copy, by: disk(of: machine.name, names), begun: names.begun(of: machine.name))
        }
    }

    public func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        try refuseRunning(instance)
        let names = UTMNames(paths: instance.paths)
        for machine in instance.plan.machines {
            let copy = names.snapshot(name, of: machine.name)
            // A machine that had never been started had no disk; its next start makes one.
            guard Files.exists(copy) else {
                try Files.remove(disk(of: machine.name, names))
                continue
            }
            try Files.makeDirectory("\(names.package(of: machine.name))/Data", mode: 0o700)
            try replace(disk(of: machine.name, names), by: copy, begun: names.begun(of: machine.name))
        }
    }

    public func deleteSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = UTMNames(paths: instance.paths)
        for machine in instance.plan.machines { try Files.remove(names.snapshot(name, of: machine.name)) }
    }

    private func disk(of machine: String, _ names: UTMNames) -> String {
        names.disk(of: machine)
    }

    /// The copy gets its name when it is whole.
    private func replace(_ target: String, by source: String, begun: String) throws(LaunchError) {
        try Files.remove(begun)
        try clone(source, begun)
        try Files.rename(begun, to: target)
    }

    private func refuseRunning(_ instance: Instance) throws(LaunchError) {
        let running = try running(instance).keys.sorted()
        guard running.isEmpty else {
            throw .mustBeStopped(machines: running, instance: instance.paths.name, provider: name.rawValue)
        }
    }
}
