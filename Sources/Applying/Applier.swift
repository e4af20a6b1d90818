import BundleFormat

/// The whole program: reads the command line, runs a command, prints what happened.
///
/// Results go to standard output, one line per change; errors to standard error and, with `--json`, to both.
public struct Applier {
    /// - Parameters:
    ///   - arguments: without the program's name
    ///   - faults: for tests, what `FaultInjection` understands; without effect in release builds
    /// - Returns: the exit status.
    public static func run(_ arguments: [String], faults: String? = nil) -> Int32 {
        if arguments.contains("--help") || arguments.first == "help" {
            Kernel.print(ApplyOptions.help)
            return 0
        }
        let isJSON = arguments.contains("--json")
        do {
            let options = try ApplyOptions(parsing: arguments)
            let services: any SystemServices = options.isLive ? ProcessRunner() : OfflineServices()
            let session = try Session(
                options, services: services, faults: faults.map { FaultInjection(parsing: $0) } ?? .none
            ) { event in emit(event.text, event.json, isJSON: isJSON) }
            return try run(options, session).rawValue
        } catch {
            Kernel.print("slipway-apply: \(error.description)", toError: true)
            if isJSON {
                let json: JSONValue = [
                    "event": "error", "message": .string(error.description),
                    "exit": .integer(Int64(error.exitCode.rawValue)),
                ]
                emit("", json, isJSON: true)
            }
            return error.exitCode.rawValue
        }
    }

    private static func run(_ options: ApplyOptions, _ session: Session) throws(ApplyError) -> ApplyError.ExitCode {
        switch options.command {
        case .apply: return finish(try ApplyCommand(session).run(), options)
        case .rollback: return finish(try RollbackCommand(session).run(), options)
        case .check: return try CheckCommand(session).run() ? .done : .refused
        case .status:
            let status = try StatusCommand(session).run()
            emit(status.text.joined(separator: "\n"), status.json, isJSON: options.isJSON)
            return .done
        }
    }

    private static func finish(_ outcome: Outcome, _ options: ApplyOptions) -> ApplyError.ExitCode {
        emit(outcome.text, outcome.json, isJSON: options.isJSON)
        return outcome.exitCode
    }

    private static func emit(_ text: String, _ json: JSONValue, isJSON: Bool) {
        Kernel.print(isJSON ? String(decoding: CanonicalJSON.encode(json), as: UTF8.self) : text)
    }
}
