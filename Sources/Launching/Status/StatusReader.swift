import Archive
public import BundleFormat
import Foundation
import HostSystem
import Values

/// Asks the machines how they are, all at the same time. Takes no lock and changes nothing.
public struct StatusReader: Sendable {
    let instance: Instance
    let provider: any Provider
    let runner: any CommandRunner
    /// Seconds that a machine has to answer. What it said until then counts.
    let timeLimit: Int
    /// Milliseconds that a wait lets pass at most between two looks.
    let longestPause: Int
    /// Of this host.
    let processors: Int

    /// - Parameter longestPause: where nil, a second for containers, which answer in the time that they need, and ten for machines behind
    ///   SSH: what a translated one spends on answers it lacks for its work.
    public init(
        _ instance: Instance, _ provider: any Provider, runner: any CommandRunner = ProcessRunner(),
        timeLimit: Int = 25, longestPause: Int? = nil
    ) {
        self.longestPause = longestPause ?? (provider is any SSHProvider ? 10_000 : 1_000)
        self.instance = instance
        self.provider = provider
        self.runner = runner
        self.timeLimit = timeLimit
        processors = ProcessInfo.processInfo.activeProcessorCount
    }

    /// Whose state this is, for what waits for it.
    var name: String { instance.paths.name }

    /// How many machines are asked at a time: asking is mostly waiting for them.
    static let width = 16

    /// SSH's ways lead through the jump host, whose sshd drops some of more than ten that are on their way in
    /// (sshd_config(5), MaxStartups). Those machines compute their answers on this host's processors, of which the others need some
    /// meanwhile: where five are translated on two and all answer at once, none is done in time, and etcd's members lose each other.
    private var width: Int {
        provider is any SSHProvider ? min(Self.width / 2, max(1, processors / 2)) : Self.width
    }

    /// The machines in the bundle's order.
    ///
    /// - Parameter briefly: ask a machine that is still applying no more than that, since asking takes time from its work.
    public func read(
        _ machines: [LaunchDefinition], briefly: Bool = false
    ) async throws(LaunchError) -> [MachineStatus] {
        let running = try provider.running(instance)
        let canAnswer = try provider.faults(instance).isEmpty
        let results = await Parallel.results(of: machines, width: width) { machine in
            try status(of: machine, running[machine.name], briefly, canAnswer)
        }
        do { return try results.map { try $0.get() } } catch let error as LaunchError { throw error } catch {
            throw .system(call: "ask", path: "machines", reason: "\(error)")
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
            MachineProbe.arguments(brief: briefly, seconds: max(1, timeLimit - 2)), in: running, of: instance,
            terminal: nil)
        let answer = try runner.run(ask.limited(to: timeLimit, bytes: MachineProbe.outputLimit))
        let probe = MachineProbe(parsing: answer.output)
        status.cloudInit = probe.cloudInit
        status.applier = probe.applier
        status.failedUnits = probe.failedUnits
        status.applied = probe.applied
        status.report = probe.health
        status.hasOldApplier = probe.hasOldApplier
        status.isCurrent = try seedDigest(of: machine.name).map { $0 == probe.applied?.manifest } ?? false
        return status
    }

    private func seedDigest(of machine: String) throws(LaunchError) -> Values.Digest? {
        try Files.read(instance.paths.machineManifest(of: machine)).map { Values.Digest(hashing: $0) }
    }
}
