public import BundleFormat
public import Launching

/// Snapshots of virtual machines are kept inside their disks (qcow2's internal snapshots), which share all blocks that have
/// not been written since. Machines that run stand still, all of them before the first disk is kept.
extension QemuProvider {
    public func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let control = control(instance.paths)
        let running = try running(instance)
        let result = Result { () throws(LaunchError) in
            for machine in running.keys.sorted() { try control.execute(.stop, machine) }
            for machine in instance.plan.machines {
                if running[machine.name] != nil {
                    try control.execute(.snapshot(name), machine.name, limit: .seconds(60))
                } else {
                    try disk(machine, instance).take(snapshot: name)
                }
            }
        }
        // Also after one that failed.
        for machine in running.keys.sorted() { control.resume(machine) }
        try result.get()
    }

    public func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        for machine in instance.plan.machines { try disk(machine, instance).restore(snapshot: name) }
    }

    public func deleteSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let control = control(instance.paths)
        let running = try running(instance)
        for machine in instance.plan.machines {
            let disk = try disk(machine, instance)
            guard running[machine.name] != nil else {
                try disk.delete(snapshot: name)
                continue
            }
            if try disk.has(snapshot: name) {
                try control.execute(.deleteSnapshot(name), machine.name, limit: .seconds(60))
            }
        }
    }

    public var obstacleToFreezing: String? { nil }

    public func setFrozen(
        _ isFrozen: Bool, _ machines: [LaunchDefinition], of instance: Instance
    ) throws(LaunchError) {
        let control = control(instance.paths)
        for machine in machines { try control.execute(isFrozen ? .stop : .resume, machine.name) }
    }

    private func disk(_ machine: LaunchDefinition, _ instance: Instance) throws(LaunchError) -> QemuDisk {
        QemuDisk(instance: instance, machine: machine, host: try host(for: instance.plan), runner: runner)
    }
}
