import BundleFormat
import HostSystem
public import Launching

/// Snapshots of containers are copies of the layer that holds what a machine has written, sharing its blocks where the file
/// system can. Machines that run stand still meanwhile, all of them before the first is copied.
extension NspawnProvider {
    public func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        for machine in instance.plan.machines { try cgroups.freeze(names.cgroup(of: machine.name), true) }
        let result = Result { () throws(LaunchError) in
            for machine in instance.plan.machines where Files.exists(names.upper(machine.name)) {
                let copy = names.snapshot(name, of: machine.name)
                try Files.remove(copy)
                try Files.makeDirectory((names.snapshots(of: machine.name)), mode: 0o700)
                try runner.require(Self.copy(names.upper(machine.name), to: copy))
            }
        }
        // Also after a copy that failed.
        try thaw(instance)
        try result.get()
    }

    public func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        for machine in instance.plan.machines {
            let copy = names.snapshot(name, of: machine.name)
            // A machine that had never been started had no disk.
            guard Files.exists(copy) else {
                try Files.remove(names.upper(machine.name))
                continue
            }
            let fresh = names.upper(machine.name) + ".new"
            try Files.remove(fresh)
            try runner.require(Self.copy(copy, to: fresh))
            try Files.remove(names.upper(machine.name))
            // overlayfs keeps what it is in the middle of there.
            try Files.remove(names.work(machine.name))
            try Files.rename(fresh, to: names.upper(machine.name))
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

    private static func copy(_ source: String, to target: String) -> ExternalCommand {
        ExternalCommand(["cp", "--archive", "--reflink=auto", "--sparse=auto", source, target])
    }
}
