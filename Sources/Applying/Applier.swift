import BundleFormat

/// The whole program: reads the command line, runs a command, says what happened.
///
/// Results go to standard output, one line per change; errors to standard error and, with `--json`, to both. With `--console` a launcher
/// that sees the machine from outside is told as well.
public struct Applier {
    private let options: ApplyOptions

    /// - Parameters:
    ///   - arguments: without the program's name
    ///   - faults: for tests, what `FaultInjection` understands; without effect in release builds
    /// - Returns: the exit status.
    public static func run(_ arguments: [String], faults: String? = nil) -> Int32 {
        if arguments.contains("--help") || arguments.first == "help" {
            Kernel.print(ApplyOptions.help)
            return 0
        }
        let options: ApplyOptions
        do { options = try ApplyOptions(parsing: arguments) } catch {
            return refuse(error, isJSON: arguments.contains("--json"), console: nil)
        }
        let faults = faults.map { FaultInjection(parsing: $0) } ?? .none
        do { return try Applier(options: options).run(faults).rawValue } catch {
            return refuse(error, isJSON: options.isJSON, console: options.console)
        }
    }

    private func run(_ faults: FaultInjection) throws(ApplyError) -> ApplyError.ExitCode {
        let services: any SystemServices = options.isLive ? ProcessRunner() : OfflineServices()
        let session = try Session(options, services: services, faults: faults) { event in
            say(.event(event), event.text)
        }
        switch options.command {
        case .apply:
            Self.tell(options.console, .begun)
            return finish(try ApplyCommand(session).run())
        case .rollback: return finish(try RollbackCommand(session).run())
        case .check: return try CheckCommand(session).run() ? .done : .refused
        case .status:
            let status = try StatusCommand(session).run()
            Self.emit(status.text.joined(separator: "\n"), status.json, isJSON: options.isJSON)
            return .done
        case .health:
            let report = try HealthCommand(session).run()
            Self.emit(report.text.joined(separator: "\n"), report.json, isJSON: options.isJSON)
            return report.state == .healthy ? .done : .refused
        }
    }

    private func finish(_ summary: ApplySummary) -> ApplyError.ExitCode {
        say(.summary(summary), summary.text)
        return summary.exitCode
    }

    private func say(_ report: GuestReport, _ text: String) {
        Self.emit(text, report.json, isJSON: options.isJSON)
        Self.tell(options.console, report)
    }

    private static func refuse(_ error: ApplyError, isJSON: Bool, console: String?) -> Int32 {
        let exit = error.exitCode.rawValue
        Kernel.print("\(GuestLayout.applier): \(error.description)", toError: true)
        let report = GuestReport.failure(exit: Int64(exit), message: error.description)
        if isJSON { emit("", report.json, isJSON: true) }
        tell(console, report)
        return exit
    }

    private static func emit(_ text: String, _ json: JSONValue, isJSON: Bool) {
        Kernel.print(isJSON ? String(decoding: CanonicalJSON.encode(json), as: UTF8.self) : text)
    }

    private static func tell(_ console: String?, _ report: GuestReport) {
        guard let console else { return }
        Kernel.write(report.consoleLine, toConsole: console)
    }
}
