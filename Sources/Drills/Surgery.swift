import BundleFormat
import HostSystem
import Launching
import TopologySpec
import Values

/// Breaks the machines of an instance and heals them.
struct Surgery {
    let instance: Instance
    let provider: any Provider

    private var paths: InstancePaths { instance.paths }

    /// What a drill does to which machines, decided before any of it is done.
    struct Plan {
        let drill: Drill
        let machines: [LaunchDefinition]
        /// The other side of a cut.
        let others: [LaunchDefinition]

        var undo: [Undo] {
            func reach(_ from: [LaunchDefinition], _ to: [LaunchDefinition]) -> [Undo] {
                from.map { .reach(machine: $0.name, addresses: to.map(\.address)) }
            }
            return switch drill.fault {
            case .stopUnit(let unit), .killUnit(let unit):
                machines.map { .startUnit(machine: $0.name, unit: unit) }
            case .pauseUnit(let unit): machines.map { .continueUnit(machine: $0.name, unit: unit) }
            case .freeze: machines.map { .thaw(machine: $0.name) }
            case .powerOff, .powerCut: machines.map { .powerOn(machine: $0.name) }
            case .cut: reach(machines, others) + reach(others, machines)
            case .oneWayCut: reach(machines, others)
            case .loss: machines.map { .loseNothing(machine: $0.name) }
            case .corruptFile(let path): machines.map { .restoreFile(machine: $0.name, path: path) }
            }
        }

        /// What happens, as a person would tell it.
        var sentence: String {
            let names = machines.map(\.name).joined(separator: ", ")
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
        case .freeze:
            if let obstacle = provider.obstacleToFreezing { throw .refused(drill: drill.name, reason: obstacle) }
        default: break
        }
        if let watcher = (machines + others).first(where: { $0.role == .jump }) {
            throw .refused(drill: drill.name, reason: "the watch is in \(watcher.name), which must not be hit")
        }
        let plan = Plan(drill: drill, machines: machines, others: others)
        if case .loss = drill.fault { try require("nft", "nftables", in: plan, on: running) }
        return plan
    }

    private func choose(
        _ target: Drill.Target, for drill: Drill, leader: String, but excluded: [String], on running: Set<String>
    ) throws(DrillError) -> [LaunchDefinition] {
        let all = instance.plan.machines.filter { running.contains($0.name) && !excluded.contains($0.name) }
        func role(_ role: Role) -> [LaunchDefinition] { all.filter { $0.role == role } }
        func first(_ count: Int, of machines: [LaunchDefinition]) -> [LaunchDefinition] {
            machines.count < count ? [] : Array(machines.prefix(count))
        }
        let chosen =
            switch target {
            case .leader: all.filter { $0.name == leader }
            case .followers(let count): first(count, of: role(.etcd).filter { $0.name != leader })
            case .some(let count, let wanted): first(count, of: role(wanted))
            case .all(let wanted), .others(let wanted): role(wanted)
            case .half(let wanted): Array(role(wanted).prefix((role(wanted).count + 1) / 2))
            case .machine(let name): all.filter { $0.name == name }
            }
        guard !chosen.isEmpty else {
            throw .refused(drill: drill.name, reason: "'\(paths.name)' has not so many machines running: \(target)")
        }
        return chosen
    }

    private func require(
        _ program: String, _ package: String, in plan: Plan, on running: Set<String>
    ) throws(DrillError) {
        for machine in plan.machines {
            let result = try shell(machine.name, [#"command -v "$1""#, program])
            guard result.status == 0 else {
                throw .refused(
                    drill: plan.drill.name,
                    reason: "\(machine.name) has no \(program); add '\(package)' to its packages in the topology")
            }
        }
    }

    // MARK: Break

    func perform(_ plan: Plan) throws(DrillError) {
        let names = plan.machines.map(\.name)
        func everywhere(_ machines: [LaunchDefinition], _ script: String...) throws(DrillError) {
            for machine in machines { try require(machine.name, script) }
        }
        switch plan.drill.fault {
        case .stopUnit(let unit): try everywhere(plan.machines, #"systemctl stop "$1""#, unit)
        case .killUnit(let unit): try everywhere(plan.machines, #"systemctl kill --signal=KILL "$1""#, unit)
        case .pauseUnit(let unit): try everywhere(plan.machines, #"systemctl kill --signal=STOP "$1""#, unit)
        case .freeze:
            try launching { () throws(LaunchError) in try provider.setFrozen(true, plan.machines, of: instance) }
        case .powerOff: _ = try launching { () throws(LaunchError) in try launcher.stop(names, grace: 30) }
        case .powerCut: _ = try launching { () throws(LaunchError) in try launcher.stop(names, grace: 0) }
        case .cut:
            try lose(from: plan.machines, to: plan.others)
            try lose(from: plan.others, to: plan.machines)
        case .oneWayCut: try lose(from: plan.machines, to: plan.others)
        case .loss(let percent):
            for machine in plan.machines { try require(machine.name, [Self.lossScript, "\(percent)"]) }
        case .corruptFile(let path):
            try everywhere(
                plan.machines,
                #"""
                test -f "$1"; cp -a -- "$1" "$2.new"; sync "$2.new"; mv -f -- "$2.new" "$2"; sync "${2%/*}"
                printf 'slipway drill' | dd of="$1" conv=notrunc status=none
                """#, path, Undo.copy(of: path))
        }
    }

    /// Packets to an address go to a card that nobody has, so that they vanish as on a cut cable: nobody is told, and neither a firewall nor a
    /// module of the kernel is needed (ip-neighbour(8)).
    private func lose(from machines: [LaunchDefinition], to others: [LaunchDefinition]) throws(DrillError) {
        let addresses = others.map { "\($0.address)" }
        for machine in machines {
            try require(
                machine.name,
                [#"for a in "$@"; do ip neigh replace "$a" lladdr 02:00:00:00:00:00 nud permanent dev lan0; done"#]
                    + addresses)
        }
    }

    /// nft(8). Before everything else, and of what comes over the network alone.
    private static let lossScript = #"""
        nft -f - <<END
        table inet slipway_drill {
          chain input {
            type filter hook input priority -300; policy accept;
            iifname "lan0" numgen random mod 100 < $1 drop
          }
        }
        END
        """#

    /// Whether `slipway-apply check` in the plan's machines names the file.
    func checkSees(_ path: String, _ plan: Plan) throws(DrillError) -> Bool {
        for machine in plan.machines {
            let result = try shell(machine.name, [#""$1" check"#, DepotLayout.applier])
            guard result.status == 1, (result.output + result.errors).contains(path) else { return false }
        }
        return true
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

    private var launcher: Launcher { Launcher(paths, provider) }

    private func launching<Value>(_ body: () throws(LaunchError) -> Value) throws(DrillError) -> Value {
        do throws(LaunchError) { return try body() } catch { throw .launching(error) }
    }

    /// - Parameter script: what sh(1) runs, and its arguments.
    private func shell(_ name: String, _ script: [String]) throws(DrillError) -> CommandResult {
        try launching { () throws(LaunchError) in
            guard let machine = try provider.running(instance)[name], machine.state == .running else {
                throw .notRunning(machine: name, instance: paths.name)
            }
            let arguments = ["sh", "-euc", script[0], "sh"] + script.dropFirst()
            let command = provider.execution(arguments, in: machine, of: instance, terminal: nil)
            return try ProcessRunner().run(command.limited(to: 60))
        }
    }

    private func require(_ name: String, _ script: [String]) throws(DrillError) {
        let result = try shell(name, script)
        guard result.status == 0 else {
            throw .launching(
                .commandFailed(command: "sh on \(name)", status: result.status, output: result.output + result.errors))
        }
    }
}
