import Foundation
import TestSupport

/// Runs the command-line program as a person would.
enum Slipway {
    static func run(
        _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:],
        limit: Duration = .seconds(60)
    ) throws -> Child.Outcome {
        try Child.run([Repository.slipway.path] + arguments, in: directory, environment: environment, limit: limit)
    }

    /// Runs it and insists on success; returns what it printed on standard output.
    @discardableResult
    static func output(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let outcome = try run(arguments, environment: environment)
        guard outcome.status == 0 else { throw Failed(arguments: arguments, transcript: outcome.transcript) }
        return outcome.output
    }

    struct Failed: Error, CustomStringConvertible {
        let arguments: [String]
        let transcript: String
        var description: String { "slipway \(arguments.joined(separator: " ")): \(transcript)" }
    }
}

extension Repository {
    /// Programs of the tests themselves.
    static let scripts = root.appendingPathComponent("Tests/InteropTests/Scripts")
}
