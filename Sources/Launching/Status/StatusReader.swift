import Archive
public import BundleFormat
import HostSystem
import Values

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

    /// How many machines are asked at a time: asking is mostly waiting for them.
    static let width = 16

    /// The machines in the bundle's order; many are asked at a time.
    ///
    /// - Parameter briefly: ask a machine only what tells whether it is done, since asking takes time from its work.
    public func read(
        _ machines: [LaunchDefinition], briefly: Bool = false
    ) async throws(LaunchError) -> [MachineStatus] {
        let running = try provider.running(instance)
        let canAnswer = try provider.faults(instance).isEmpty
        let results = await BlockingWork.map(machines, width: Self.width) { machine in
            try status(of: machine, running[machine.name], briefly, canAnswer)
        }
        do { return try results.map { try $0.get() } } catch {
            throw error as? LaunchError
                ?? .system(call: "ask", path: "the machines", reason: "\(error)")
        }
    }

    private func status(
        of machine: LaunchDefinition, _ running: RunningMachine?, _ briefly: Bool, _ canAnswer: Bool
    ) throws(LaunchError) -> MachineStatus {
        var status = MachineStatus(machine, power: running.map { .init($0.state) } ?? .stopped)
        status.waiting = instance.record.machines[machine.name]?.absent ?? []
        guard let running, running.state == .running else { return status }
        status.stage = provider.stage(of: machine.name, instance)
        // What is seen from outside spares a machine that cannot answer yet the question.
        if let stage = status.stage, stage < .applied {
            status.cloudInit = .running
            return status
        }
        guard canAnswer else { return status }
        let ask = provider.execution(
            MachineProbe.arguments(brief: briefly), in: running, of: instance, terminal: nil)
        let probe = MachineProbe(parsing: try runner.run(ask.limited(to: 30, bytes: MachineProbe.outputLimit)).output)
        status.cloudInit = probe.cloudInit
        status.applier = probe.applier
        status.failedUnits = probe.failedUnits
        status.applied = probe.applied
        status.isCurrent = try seedDigest(of: machine.name).map { $0 == probe.applied?.manifest } ?? false
        return status
    }

    private func seedDigest(of machine: String) throws(LaunchError) -> Values.Digest? {
        try Files.read(instance.paths.machineManifest(of: machine)).map { Values.Digest(hashing: $0) }
    }
}
