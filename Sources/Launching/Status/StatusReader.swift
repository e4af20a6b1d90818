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
    ///
    /// - Parameter briefly: ask a machine only what tells whether it is done, since asking takes time from its work.
    public func read(
        _ machines: [LaunchDefinition], atOnce: Int = 4, briefly: Bool = false
    ) async throws(LaunchError) -> [MachineStatus] {
        let running = try provider.running(instance)
        let results = await withTaskGroup(of: (Int, Result<MachineStatus, LaunchError>).self) { group in
            var results: [Int: Result<MachineStatus, LaunchError>] = [:]
            for (index, machine) in machines.enumerated() {
                if index >= atOnce, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, result(of: machine, running[machine.name], briefly)) }
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

    private func result(
        of machine: LaunchDefinition, _ running: RunningMachine?, _ briefly: Bool
    ) -> Result<MachineStatus, LaunchError> {
        do throws(LaunchError) { return .success(try status(of: machine, running, briefly)) } catch {
            return .failure(error)
        }
    }

    private func status(
        of machine: LaunchDefinition, _ running: RunningMachine?, _ briefly: Bool
    ) throws(LaunchError) -> MachineStatus {
        let power: MachineStatus.Power = running == nil ? .stopped : running?.leader == nil ? .starting : .running
        var status = MachineStatus(machine, power: power)
        status.waiting = instance.record.absentPayloads[machine.name] ?? []
        guard let running, running.leader != nil else { return status }
        status.cloudInit = try cloudInit(running)
        if briefly, status.cloudInit == .running { return status }
        try readUnits(&status, running)
        if briefly, status.isApplierAtWork { return status }
        try readApplied(&status, running)
        return status
    }

    /// `/run/cloud-init/result.json` is written when the last stage ends; it lists errors.
    private func cloudInit(_ machine: RunningMachine) throws(LaunchError) -> MachineStatus.CloudInit {
        guard let tree = machine.tree else { return .unknown }
        guard let bytes = try Files.read("\(tree)/run/cloud-init/result.json") else { return .running }
        let cursor = (try? JSONParser.parse(bytes)).map { JSONCursor($0) }
        guard
            let errors = try? cursor?.required("v1").items(
                "errors", { (entry) throws(FormatError) in try entry.string() })
        else { return .failed }
        return errors.isEmpty ? .done : .failed
    }

    private func readUnits(_ status: inout MachineStatus, _ machine: RunningMachine) throws(LaunchError) {
        let list = [
            "systemctl", "list-units", "--all", "--state=failed,activating,deactivating,reloading", "--plain",
            "--no-legend",
            "--no-pager",
        ]
        // A machine that stops meanwhile has no units.
        let result = try runner.run(provider.execution(list, in: machine, terminal: nil))
        guard result.status == 0 else { return }
        for line in result.output.split(separator: "\n") {
            // UNIT LOAD ACTIVE SUB DESCRIPTION
            let columns = line.split(separator: " ").map(String.init)
            guard columns.count > 2 else { continue }
            if columns[0] == "slipway-apply.service" { status.applier = columns[2] }
            if columns[2] == "failed" { status.failedUnits.append(columns[0]) }
        }
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
