import Archive
public import BundleFormat
import HostSystem
public import Launching
import Values

/// Packages are written, looked over, registered and started, all machines in each step, so that what cannot work is found
/// before anything is begun.
extension UTMProvider {
    public func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] {
        let names = UTMNames(paths: instance.paths)
        let control = try control()
        let all = machines.map(\.name)
        var list = try list(all, names, control)
        list += try reopen(all, names, list, control).values
        var stopped: [LaunchDefinition] = []
        for machine in machines {
            let entry = try entry(of: machine.name, names, in: list)
            // What is about to stop is waited for by nobody; the next call starts it.
            guard entry == nil || entry?.state == .stopped else { continue }
            // Its disk holds its memory: it goes on, and is not started.
            if let entry, try suspended(machine.name, entry, names) != nil { continue }
            if entry == nil { try refuseTaken(machine, names, list) }
            stopped.append(machine)
        }
        // The host is in the machines' network: nothing has to be forwarded.
        try SSHConfiguration(instance).write(instance.paths)
        try resume(all, names, list, control)
        guard !stopped.isEmpty else { return [] }
        var consoles: [String: Int] = [:]
        // Without a collector nobody would be connected: a pseudo-terminal serves then.
        for machine in instance.plan.machines where program != nil && !stopped.contains(machine) {
            consoles[machine.name] = try UTMConsole(names, machine.name).port
        }
        for machine in stopped where program != nil {
            consoles[machine.name] = try UTMConsole(names, machine.name).choosePort(besides: Set(consoles.values))
        }
        let configurations = try Self.configurations(instance.plan, names, host, consoles: consoles)
        var entries: [UTMEntry] = []
        var (packages, unknown): ([UTMPackage], [UTMPackage]) = ([], [])
        for machine in stopped {
            guard let configuration = configurations[machine.name] else { continue }
            let package = UTMPackage(
                machine: machine, imageFile: instance.record.bootFiles[machine.image] ?? machine.image,
                configuration: configuration, names: names,
                runner: runner, clone: clone)
            if let entry = try entry(of: machine.name, names, in: list),
                try !withdrawOutdated(package, entry, control)
            {
                entries.append(entry)
                try confirm(package, entry)
            } else {
                unknown.append(package)
            }
            packages.append(package)
        }
        for package in packages { try package.prepare() }
        try LaunchError.from { () throws(UTMError) in try Self.check(packages) }
        entries += try register(unknown, list, control)
        // Before the machine: what it says first is said to somebody.
        for machine in stopped { collect(machine.name, names) }
        try control.start(entries)
        return stopped.map(\.name)
    }

    /// The configurations of all machines of a plan, by machine; those that are not started too, since what they must not
    /// share is looked for among all.
    static func configurations(
        _ plan: LaunchPlan, _ names: UTMNames, _ host: Computer, consoles: [String: Int] = [:]
    ) throws(LaunchError) -> [String: UTMConfiguration] {
        try LaunchError.from { () throws(UTMError) in
            var all: [(definition: LaunchDefinition, configuration: UTMConfiguration)] = []
            for machine in plan.machines {
                let configuration = try UTMConfiguration(
                    machine, in: plan, name: names.name(of: machine.name),
                    hypervisor: plan.architecture == host.architecture, console: consoles[machine.name])
                all.append((machine, configuration))
            }
            try UTMLint(all).check()
            return Dictionary(all.map { ($0.definition.name, $0.configuration) }) { first, _ in first }
        }
    }

    private static func check(_ packages: [UTMPackage]) throws(UTMError) {
        let defects = packages.flatMap { package in
            UTMPackageReader(package: package.path, machine: package.machine.name, isStrict: false).defects
        }
        guard defects.isEmpty else { throw .defects(defects) }
    }

    /// Refuses a machine that UTM would confuse with one that it has from elsewhere.
    private func refuseTaken(
        _ machine: LaunchDefinition, _ names: UTMNames, _ list: [UTMEntry]
    ) throws(LaunchError) {
        let name = names.name(of: machine.name)
        if let other = list.first(where: { $0.isNamed(name) }) {
            throw LaunchError(.nameTaken(name: other.name, uuid: other.uuid))
        }
        if let other = list.first(where: { $0.uuid.uppercased() == machine.uuid.description }) {
            throw LaunchError(.identityTaken(name: name, uuid: other.uuid, by: other.name))
        }
    }

    /// UTM reads a configuration when it opens the package, and never again. A stopped machine whose configuration is
    /// another one now is therefore deleted in UTM, its drives put aside meanwhile, to be registered anew.
    ///
    /// - Returns: whether UTM does not know the machine any more.
    private func withdrawOutdated(
        _ package: UTMPackage, _ entry: UTMEntry, _ control: UTMControl
    ) throws(LaunchError) -> Bool {
        guard entry.state == .stopped, let record = try UTMRecord.read(package.record),
            record.configuration != Digest(hashing: package.configurationBytes)
        else { return false }
        try package.keepData()
        try control.delete(entry, package: package.path)
        try Files.remove(package.record)
        return true
    }

    private func register(
        _ packages: [UTMPackage], _ list: [UTMEntry], _ control: UTMControl
    ) throws(LaunchError) -> [UTMEntry] {
        guard !packages.isEmpty else { return [] }
        for package in packages {
            let information = package.configuration.information
            // Before UTM is told: what is not in a record is never deleted.
            let record = UTMRecord(
                name: information.name, uuid: information.uuid,
                configuration: Digest(hashing: package.configurationBytes), isRegistered: false)
            try record.save(to: package.record)
        }
        // A machine that was withdrawn has its UUID again.
        let wanted = packages.map { ($0.configuration.information.name, nil as String?, $0.path) }
        let known = Set(packages.map(\.configuration.information.uuid))
        let found = try control.register(wanted, besides: list.filter { !known.contains($0.uuid) })
        var entries: [UTMEntry] = []
        for package in packages {
            guard let entry = found[package.configuration.information.name] else { continue }
            try confirm(package, entry)
            entries.append(entry)
        }
        return entries
    }

    /// Notes which UUID UTM has given the machine.
    private func confirm(_ package: UTMPackage, _ entry: UTMEntry) throws(LaunchError) {
        try UTMRecord.read(package.record)?.registered(as: entry.uuid).save(to: package.record)
    }
}
