import BundleFormat
import Diagnostics
import Launching

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

/// What `start` and `stop` say.
enum MachineListOutput {
    static func text(_ verb: String, _ machines: [String], _ paths: InstancePaths, _ format: OutputFormat) -> String {
        switch format {
        case .json: JSONOutput.line(["instance": .string(paths.name), "\(verb)": .strings(machines)])
        case .text:
            "\(paths.name): " + (machines.isEmpty ? "nothing to do" : "\(verb) \(machines.joined(separator: ", "))")
                + "\n"
        }
    }
}
