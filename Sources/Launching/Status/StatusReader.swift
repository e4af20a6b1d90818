import Archive
public import BundleFormat

/// Asks the machines how they are. Takes no lock and changes nothing.
public struct StatusReader: Sendable {
    let instance: Instance
    let provider: any Provider
    let runner: any CommandRunner

    public init(_ instance: Instance, _ provider: any Provider, runner: any CommandRunner = ProcessRunner()) {
        self.instance = instance
        self.provider = provider
        self.runner = runner
    }

    /// The machines in the bundle's order; several are asked at a time.
    public func read(_ machines: [LaunchDefinition], atOnce: Int = 4) async throws(LaunchError) -> [MachineStatus] {
        let running = try provider.running(instance)
        let results = await withTaskGroup(of: (Int, Result<MachineStatus, LaunchError>).self) { group in
            var results: [Int: Result<MachineStatus, LaunchError>] = [:]
            for (index, machine) in machines.enumerated() {
                if index >= atOnce, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, result(of: machine, running[machine.name])) }
            }
            for await (done, result) in group { results[done] = result }
            return results
        }
        var statuses: [MachineStatus] = []
        for index in machines.indices {
            if let status = try results[index]?.get() { statuses.append(status) }
        }
        return statuses
    }

    private func result(of machine: LaunchDefinition, _ running: RunningMachine?) -> Result<MachineStatus, LaunchError> {
        do throws(LaunchError) { return .success(try status(of: machine, running)) } catch { return .failure(error) }
    }

    private func status(of machine: LaunchDefinition, _ running: RunningMachine?) throws(LaunchError) -> MachineStatus {
        let power: MachineStatus.Power = running == nil ? .stopped : running?.leader == nil ? .starting : .running
        var status = MachineStatus(machine, power: power)
        status.waiting = instance.record.absentPayloads[machine.name] ?? []
        guard let running, running.leader != nil else { return status }
        status.cloudInit = try cloudInit(running)
        try readUnits(&status, running)
        try readApplied(&status, running)
        return status
    }

    /// `/run/cloud-init/result.json` is written when the last stage ends; it lists errors.
    private func cloudInit(_ machine: RunningMachine) throws(LaunchError) -> MachineStatus.CloudInit {
        guard let tree = machine.tree else { return .unknown }
        guard let bytes = try Files.read("\(tree)/run/cloud-init/result.json") else { return .running }
        let cursor = (try? JSONParser.parse(bytes)).map { JSONCursor($0) }
        guard let errors = try? cursor?.required("v1").items("errors", { (entry) throws(FormatError) in try entry.string() })
        else { return .failed }
        return errors.isEmpty ? .done : .failed
    }

    private func readUnits(_ status: inout MachineStatus, _ machine: RunningMachine) throws(LaunchError) {
        let list = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager", "slipway-apply.service"]
        let failed = ["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager"]
        // UNIT LOAD ACTIVE SUB DESCRIPTION
        let applier = try rows(list, machine).first
        status.applier = applier.flatMap { $0.count > 2 ? $0[2] : nil }
        status.failedUnits = try rows(failed, machine).compactMap(\.first)
    }

    private func rows(_ arguments: [String], _ machine: RunningMachine) throws(LaunchError) -> [[String]] {
        // A machine that stops meanwhile has no units.
        let result = try runner.run(provider.execution(arguments, in: machine, terminal: nil))
        guard result.status == 0 else { return [] }
        return result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private func readApplied(_ status: inout MachineStatus, _ machine: RunningMachine) throws(LaunchError) {
        let command = ["/run/slipway/depot/slipway-apply", "status", "--json"]
        let result = try runner.run(provider.execution(command, in: machine, terminal: nil))
        guard result.status == 0, let applied = try? AppliedState(parsing: Array(result.output.utf8)) else { return }
        status.applied = applied
        let seed = "\(instance.paths.seed(of: status.name))/\(MachineManifest.path)"
        status.isCurrent = try Files.read(seed).map { BundleFormat.Digest(hashing: $0) } == applied.manifest
    }
}
