import BundleFormat
import HostSystem
import Launching
import TopologySpec
import Values

/// Breaks the machines of an instance and heals them.
struct Surgery {
    let instance: Instance
    let provider: any Provider
    /// Brings the cluster to another bundle; nil where none was named.
    let update: ExternalCommand?

    private var paths: InstancePaths { instance.paths }

    /// What a drill does to which machines, decided before any of it is done.
    struct Plan {
        let drill: Drill
        private(set) var machines: [LaunchDefinition]
        /// The other side of a cut.
        let others: [LaunchDefinition]
        /// From where the API is asked.
        let jump: String

        /// The same for one of its machines alone.
        func only(_ machine: LaunchDefinition) -> Plan {
            var plan = self
            plan.machines = [machine]
            return plan
        }

        var undo: [Undo] {
            func reach(_ from: [LaunchDefinition], _ to: [LaunchDefinition]) -> [Undo] {
                from.map { .reach(machine: $0.name, addresses: to.map(\.address)) }
            }
            func each(_ steps: (String) -> [Undo]) -> [Undo] { machines.flatMap { steps($0.name) } }
            return switch drill.fault {
            case .stopUnit(let unit), .killUnit(let unit): each { [.startUnit(machine: $0, unit: unit)] }
            case .pauseUnit(let unit): each { [.continueUnit(machine: $0, unit: unit)] }
            case .freeze: each { [.thaw(machine: $0)] }
            case .powerOff, .powerCut: each { [.powerOn(machine: $0)] }
            case .cut: reach(machines, others) + reach(others, machines)
            case .oneWayCut: reach(machines, others)
            case .loss: each { [.loseNothing(machine: $0)] }
            case .corruptFile(let path): each { [.restoreFile(machine: $0, path: path)] }
            case .foreignCertificate(let path, let unit):
                each { name in
                    ["crt", "key"].map { .restoreFile(machine: name, path: "\(path).\($0)") } + [
                        .restartUnit(machine: name, unit: unit)
                    ]
                }
            case .fillDisk(let directory): each { [.makeRoom(machine: $0, directory: directory)] }
            case .useMemory: each { [.endUnit(machine: $0, unit: Surgery.ownUnit)] }
            case .noNames: each { [.knowNames(machine: $0)] }
            case .setClock: each { [.setClockBack(machine: $0)] }
            case .sealVault: each { [.unseal(machine: $0)] }
            case .overload: [.endUnit(machine: jump, unit: Surgery.ownUnit)]
            case .drain: each { [.uncordon(machine: jump, node: $0)] }
            case .restoreEtcd: each { [.keepData(machine: $0)] }
            case .update: []
            }
        }

        /// What happens, as a person would tell it.
        var sentence: String {
            let names = machines.map(\.name).joined(separator: drill.isInTurn ? ", then " : ", ")
            let far = others.map(\.name).joined(separator: ", ")
            return switch drill.fault {
            case .stopUnit(let unit): "\(unit) is stopped on \(names)"
            case .killUnit(let unit): "\(unit) is killed on \(names)"
            case .pauseUnit(let unit): "\(unit) is paused on \(names)"
            case .freeze: "frozen: \(names)"
            case .powerOff: "shut down: \(names)"
            case .powerCut: "power cut: \(names)"
            case .cut: "\(names) and \(far) do not reach each other"
            case .oneWayCut: "what \(names) sends to \(far) is lost"
            case .loss(let percent): "\(percent) % of what is sent to \(names) is lost"
            case .corruptFile(let path): "\(path) is overwritten on \(names)"
            case .foreignCertificate(let path, let unit):
                "\(unit) shows a certificate of nobody's authority on \(names): \(path).crt"
            case .fillDisk(let directory): "the disk of \(directory) is full on \(names)"
            case .useMemory(let percent): "\(percent) % of the memory is in use on \(names)"
            case .noNames: "names lead nowhere on \(names)"
            case .setClock(let shift):
                "the clock is set \(shift < 0 ? "back" : "forward") by \(abs(shift) / 1000) s on \(names)"
            case .sealVault: "Vault is sealed on \(names)"
            case .overload(let clients): "\(clients) clients ask \(names) for everything"
            case .drain: "drained: \(names)"
            case .restoreEtcd: "the disks of \(names) are lost; there is a snapshot"
            case .update: "another bundle is brought to \(names)"
            }
        }
    }

    // MARK: Plan

    /// - Parameter leader: the machine whose member leads etcd.
    /// - Throws: ``DrillError/refused(drill:reason:)``
    func plan(_ drill: Drill, leader: String, on running: Set<String>) throws(DrillError) -> Plan {
        let machines = try choose(drill.target, for: drill, leader: leader, but: [], on: running)
        var others: [LaunchDefinition] = []
        switch drill.fault {
        case .cut(let from), .oneWayCut(let from):
            others = try choose(from, for: drill, leader: leader, but: machines.map(\.name), on: running)
        default: break
        }
        if let watcher = (machines + others).first(where: { $0.role == .jump }), drill.fault != .update {
            throw .refused(drill: drill.name, reason: "the watch is in \(watcher.name), which must not be hit")
        }
        let jump = instance.plan.machines.first { $0.role == .jump }?.name ?? ""
        let plan = Plan(drill: drill, machines: machines, others: others, jump: jump)
        if let reason = try obstacle(to: plan, on: running) { throw .refused(drill: drill.name, reason: reason) }
        return plan
    }

    /// Why it cannot be done here; nil when it can.
    private func obstacle(to plan: Plan, on running: Set<String>) throws(DrillError) -> String? {
        // Containers have this host's kernel, with its clock, its memory and its disk.
        let isShared = provider.media == .directories
        switch plan.drill.fault {
        case .freeze: return provider.obstacleToFreezing
        case .loss: return try lack("nft", "nftables", in: plan.machines)
        case .foreignCertificate: return try lack("openssl", "openssl", in: plan.machines)
        case .setClock:
            return isShared ? "under \(provider.name.rawValue) all machines have this host's clock" : nil
        case .useMemory:
            return isShared
                ? "under \(provider.name.rawValue) all machines use this host's memory, which others need" : nil
        case .fillDisk(let directory):
            for machine in plan.machines where isShared {
                let kind = try shell(machine.name, [#"stat -f -c %T "$1""#, directory]).output
                guard kind.hasPrefix("tmpfs") else {
                    return
                        "under \(provider.name.rawValue) \(directory) of \(machine.name) is on this host's disk, which others need"
                }
            }
            return nil
        case .sealVault:
            return plan.machines.allSatisfy { $0.role == .vault } ? nil : "only a machine of role vault has one to seal"
        case .restoreEtcd:
            let members = instance.plan.machines.filter { $0.role == .etcd }
            return plan.machines == members ? nil : "all members are restored, or none: on: all etcd"
        case .drain:
            return plan.machines.allSatisfy { $0.role == .worker }
                ? nil : "only machines of role worker are nodes to drain"
        case .update: return update == nil ? "name the bundle to bring the cluster to: --bundle FILE" : nil
        default: return nil
        }
    }

    private func choose(
        _ target: Drill.Target, for drill: Drill, leader: String, but excluded: [String], on running: Set<String>
    ) throws(DrillError) -> [LaunchDefinition] {
        let all = instance.plan.machines.filter { running.contains($0.name) && !excluded.contains($0.name) }
        func role(_ role: Role) -> [LaunchDefinition] { all.filter { $0.role == role } }
        func first(_ count: Int, of machines: [LaunchDefinition]) -> [LaunchDefinition] {
            machines.count < count ? [] : Array(machines.prefix(count))
        }
        let chosen: [LaunchDefinition]
        switch target {
        case .leader: chosen = all.filter { $0.name == leader }
        case .followers(let count): chosen = first(count, of: role(.etcd).filter { $0.name != leader })
        case .some(let count, let wanted): chosen = first(count, of: role(wanted))
        case .all(let wanted), .others(let wanted): chosen = role(wanted)
        case .half(let wanted): chosen = Array(role(wanted).prefix((role(wanted).count + 1) / 2))
        case .active, .standby:
            let holders = try addressHolders(of: role(.loadBalancer))
            chosen = Array(
                role(.loadBalancer).filter { holders.contains($0.name) == (target == .active) }.prefix(1))
        case .rack:
            chosen = Role.allCases.flatMap { kind in
                kind == .jump ? [] : Array(role(kind).prefix(role(kind).count / 2))
            }
        case .everything: chosen = all.filter { $0.role != .jump }
        case .machine(let name): chosen = all.filter { $0.name == name }
        }
        guard !chosen.isEmpty else {
            throw .refused(drill: drill.name, reason: "'\(paths.name)' has no such machines running: \(target)")
        }
        return chosen
    }

    /// The load balancers that have the API's address; one alone has it always.
    private func addressHolders(of balancers: [LaunchDefinition]) throws(DrillError) -> Set<String> {
        guard instance.plan.movesAPIAddress else { return Set(balancers.map(\.name)) }
        var holders: Set<String> = []
        for machine in balancers where try shell(machine.name, [Self.holdsScript]).status == 0 {
            holders.insert(machine.name)
        }
        return holders
    }

    /// keepalived's own configuration says which address is meant.
    private static let holdsScript = #"""
        address=$(sed -n 's#^ *\([0-9.]*\)/32 dev lan0$#\1#p' /etc/keepalived/keepalived.conf)
        test -n "$address" && ip -4 -o address show to "$address" | grep -q .
        """#

    /// What is to be installed before; nil when nothing is.
    private func lack(
        _ program: String, _ package: String, in machines: [LaunchDefinition]
    ) throws(DrillError) -> String? {
        for machine in machines {
            let result = try shell(machine.name, [#"command -v "$1""#, program])
            if result.status != 0 {
                return "\(machine.name) has no \(program); add '\(package)' to its packages in the topology"
            }
        }
        return nil
    }

    // MARK: Heal

    /// Heals all that can be; throws what could not be first.
    func heal(_ undo: [Undo]) throws(DrillError) {
        var failure: DrillError?
        func attempt(_ machine: String, _ body: () throws(DrillError) -> Void) {
            do throws(DrillError) { try body() } catch {
                failure = failure ?? .notHealed(machine: machine, reason: "\(error)", instance: paths.name)
            }
        }
        let definitions = instance.plan.machines
        for case .thaw(let machine) in undo {
            attempt(machine) { () throws(DrillError) in
                try launching { () throws(LaunchError) in
                    try provider.setFrozen(false, definitions.filter { $0.name == machine }, of: instance)
                }
            }
        }
        var off: [String] = []
        for case .powerOn(let machine) in undo { off.append(machine) }
        if !off.isEmpty {
            attempt(off.joined(separator: ", ")) { () throws(DrillError) in
                _ = try launching { () throws(LaunchError) in try launcher.start(off) }
            }
        }
        for step in undo {
            guard let script = step.script else { continue }
            attempt(step.machine) { () throws(DrillError) in try require(step.machine, script) }
        }
        if let failure { throw failure }
    }

    // MARK: Programs in machines

    var launcher: Launcher { Launcher(paths, provider) }

    func launching<Value>(_ body: () throws(LaunchError) -> Value) throws(DrillError) -> Value {
        do throws(LaunchError) { return try body() } catch { throw .launching(error) }
    }

    /// - Parameter script: what sh(1) runs, and its arguments.
    func shell(
        _ name: String, _ script: [String], input: ExternalCommand.Input = .nothing, within seconds: Int = 60
    ) throws(DrillError) -> CommandResult {
        try launching { () throws(LaunchError) in
            guard let machine = try provider.running(instance)[name], machine.state == .running else {
                throw .notRunning(machine: name, instance: paths.name)
            }
            let arguments = ["sh", "-euc", script[0], "sh"] + script.dropFirst()
            let command = provider.execution(arguments, in: machine, of: instance, terminal: nil)
            return try ProcessRunner().run(command.reading(input).limited(to: seconds, bytes: Self.largestAnswer))
        }
    }

    /// A snapshot in base64 is the longest.
    static let largestAnswer = 96 << 20

    /// What the script printed; it must succeed.
    @discardableResult
    func require(
        _ name: String, _ script: [String], input: ExternalCommand.Input = .nothing, within seconds: Int = 60
    ) throws(DrillError) -> String {
        let result = try shell(name, script, input: input, within: seconds)
        guard result.status == 0 else {
            throw .launching(
                .commandFailed(
                    command: "sh on \(name)", status: result.status,
                    output: (result.errors.isEmpty ? result.output : result.errors)))
        }
        return result.output
    }
}
