import ArgumentParser
import BundleFormat
import Launching
import Values

/// `slipway list`
struct ListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the instances on this computer, with the state of each.",
        discussion: """
            Instances lie in $SLIPWAY_STATE, or ~/.local/state/slipway, each in a directory of its name. For example:
              slipway list
              slipway list --health
            """)

    @Flag(help: "Ask running machines for their health, as 'slipway status' does.")
    var health = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let (root, entries) = try await CommandFailure.translating {
            let root = try InstanceOptions.root(context)
            var entries: [Entry] = []
            for name in Instance.names(in: root).sorted() {
                guard let paths = try? InstancePaths(name: name, root: root) else { continue }
                entries.append(await Entry(paths, asks: health))
            }
            return (root, entries)
        }
        switch output.format {
        case .json:
            context.out(JSONOutput.line(["root": .string(root), "instances": .array(entries.map(\.json))]))
        case .text:
            guard !entries.isEmpty else { return context.out("no instances in \(root)\n") }
            var table = TextTable("INSTANCE", "PROVIDER", "RUNNING", "STATE", "BUNDLE")
            for entry in entries {
                table.add(entry.name, entry.provider ?? "-", entry.running ?? "-", entry.state, entry.bundle ?? "-")
            }
            context.out("in \(root)\n\n" + TerminalFilter.text(table.text(width: context.outWidth)))
        }
    }

    /// What is known of one instance.
    struct Entry {
        let name: String
        private(set) var provider: String?
        private var isRunning = 0
        private var count: Int?
        private(set) var state: String
        private var digest: Digest?

        /// `11 of 11`
        var running: String? { count.map { "\(isRunning) of \($0)" } }

        var bundle: String? { digest.map { "sha256:\($0.hex.prefix(12))" } }

        /// - Parameter asks: whether machines that run are asked for their health.
        init(_ paths: InstancePaths, asks: Bool) async {
            name = paths.name
            state = "unknown"
            do {
                let instance = try Instance.open(paths)
                let provider = instance.record.provider.make()
                (self.provider, count) = (instance.record.provider.rawValue, instance.plan.machines.count)
                digest = instance.record.bundleDigest
                let running = try provider.running(instance)
                isRunning = instance.plan.machines.count { running[$0.name] != nil }
                if !instance.record.isComplete {
                    state = "unfinished: call 'slipway up' again"
                } else if isRunning == 0 {
                    state = "off"
                } else if asks {
                    let statuses = try await StatusReader(instance, provider).read(instance.plan.machines)
                    state = ClusterStatus(statuses, faults: try provider.faults(instance)).health.rawValue
                } else {
                    let faults = try provider.faults(instance)
                    state =
                        faults.isEmpty
                        ? (isRunning == count ? "running" : "partly running") : faults.joined(separator: "; ")
                }
            } catch { state = "\(error)" }
        }

        var json: JSONValue {
            var object = JSONObject([("name", .string(name)), ("state", .string(state))])
            object["provider"] = provider.map { .string($0) }
            object["machines"] = count.map { .integer(Int64($0)) }
            object["running"] = count.map { _ in .integer(Int64(isRunning)) }
            object["bundleDigest"] = digest.map { .string("\($0)") }
            return .object(object)
        }
    }
}
