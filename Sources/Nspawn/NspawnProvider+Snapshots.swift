import BundleFormat
import HostSystem
public import Launching

/// Snapshots of containers are copies of the directories that hold what a machine has written, sharing their blocks where the
/// file system can. Machines that run stand still meanwhile, all of them before the first is copied.
extension NspawnProvider {
    public func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        let machines = instance.plan.machines
        for machine in machines { try cgroups.freeze(names.cgroup(of: machine.name), true) }
        let result = Result { () throws(LaunchError) in
            try Parallel.forEach(machines.count, width: Self.width) { (index) throws(LaunchError) in
                let machine = machines[index]
                guard Files.exists(names.upper(machine.name)) else { return }
                let copy = names.snapshot(name, of: machine.name)
                try Files.remove(copy)
                try Files.makeDirectory(copy, mode: 0o700)
                for disk in names.disks(machine) where Files.exists(disk.path) {
                    try runner.require(Self.copy(disk.path, to: "\(copy)/\(disk.name)"))
                }
            }
        }
        // Also after a copy that failed.
        try thaw(instance)
        try result.get()
    }

    public func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        let machines = instance.plan.machines
        try Parallel.forEach(machines.count, width: Self.width) { (index) throws(LaunchError) in
            let machine = machines[index]
            for disk in names.disks(machine) {
                let copy = "\(names.snapshot(name, of: machine.name))/\(disk.name)"
                // A machine that had never been started had no disk.
                guard Files.exists(copy) else {
                    try Files.remove(disk.path)
                    continue
                }
                let fresh = disk.path + ".new"
                try Files.remove(fresh)
                try runner.require(Self.copy(copy, to: fresh))
                try Files.remove(disk.path)
                try Files.rename(fresh, to: disk.path)
            }
            // overlayfs keeps what it is in the middle of there.
            try Files.remove(names.work(machine.name))
        }
    }

    public func deleteSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        for machine in instance.plan.machines { try Files.remove(names.snapshot(name, of: machine.name)) }
    }

    /// Lets go on what a snapshot that was killed has left standing.
    func thaw(_ instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        for machine in instance.plan.machines { try cgroups.freeze(names.cgroup(of: machine.name), false) }
    }

    /// Machines whose disks are copied at a time: each waits for the disk and for the processor in turn.
    private static let width = 4

    private static func copy(_ source: String, to target: String) -> ExternalCommand {
        ExternalCommand(["cp", "--archive", "--reflink=auto", "--sparse=auto", source, target])
    }
}

extension NspawnNames {
    /// What a machine has written, and what each is called in a snapshot.
    fileprivate func disks(_ machine: LaunchDefinition) -> [(name: String, path: String)] {
        [("upper", upper(machine.name))]
            + DataDirectory.of(machine.role).map { ($0.rawValue, data($0, of: machine.name)) }
    }
}
