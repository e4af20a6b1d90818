import BundleFormat
import Launching

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
