import BundleFormat
import Foundation

@testable import Applying

extension SampleMachine {
    /// What a run said and how it ended.
    struct Run {
        var events: [String] = []
        var outcome: ApplySummary?
        var isInOrder: Bool?
        var error: ApplyError?

        var exitCode: ApplyError.ExitCode {
            error?.exitCode ?? outcome?.exitCode ?? (isInOrder == false ? .refused : .done)
        }
    }

    /// Runs a command in this process.
    func run(
        _ command: String, seed: String? = nil, depot: Bool = true, options: [String] = [], root: String? = nil,
        services: any SystemServices = OfflineServices(), faults: FaultInjection = .none
    ) throws -> Run {
        var arguments = [command, "--root", root ?? self.root] + options
        if let seed { arguments += ["--seed", seed] }
        if depot && command == "apply" { arguments += ["--depot", self.depot] }
        let parsed = try ApplyOptions(parsing: arguments)
        var run = Run()
        do {
            let session = try Session(parsed, services: services, faults: faults) { run.events.append($0.text) }
            switch parsed.command {
            case .apply: run.outcome = try ApplyCommand(session).run()
            case .rollback: run.outcome = try RollbackCommand(session).run()
            case .check: run.isInOrder = try CheckCommand(session).run()
            case .status: run.events += try StatusCommand(session).run().text
            case .health: run.events += try HealthCommand(session).run().text
            }
        } catch { run.error = error }
        return run
    }
}
