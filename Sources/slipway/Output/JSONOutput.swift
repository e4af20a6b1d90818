import ArgumentParser
import BundleFormat
import Diagnostics

/// JSON results: one line, canonical.
enum JSONOutput {
    static func line(_ value: JSONValue) -> String {
        String(decoding: CanonicalJSON.encode(value), as: UTF8.self) + "\n"
    }

    /// A report as a list of findings.
    static func value(_ report: Report) -> JSONValue {
        .array(
            report.diagnostics.map { diagnostic in
                var object = JSONObject([
                    ("severity", .string(diagnostic.severity.rawValue)), ("subject", .string(diagnostic.subject)),
                    ("message", .string(diagnostic.message)),
                ])
                object["help"] = diagnostic.help.map { .string($0) }
                object["position"] = diagnostic.position.map { position in
                    [
                        "file": .string(position.file), "line": .integer(Int64(position.line)),
                        "column": .integer(Int64(position.column)), "length": .integer(Int64(position.length)),
                    ]
                }
                return .object(object)
            })
    }
}

/// How a result is written: for a person, or for a program.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// The option of every command that has a result; `ssh`, `exec`, `logs` and `console` hand over to another program.
struct OutputOptions: ParsableArguments {
    @Option(help: "How results are written: text, or json for programs.")
    var format = OutputFormat.text
}
