import ArgumentParser
import BundleFormat
import Foundation
import Launching
import Payloads
import SystemPackage

/// `slipway up BUNDLE`
struct UpCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Bring a bundle's machines up, or bring running machines to another bundle.",
        discussion: """
            Calling it again does what is still missing: starts what does not run, replaces what another bundle brought.
            A payload that is nowhere is left out; the machines boot, and what needs it waits.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Start only these machines.")
    var machines: [String] = []

    @Option(
        help: ArgumentHelp("The tree that all machines share.", discussion: "Default: out/lab/base.", valueName: "dir"))
    var base: String?

    @Option(
        help: ArgumentHelp(
            "A depot as 'slipway depot --directory' makes it, instead of one from the store.", valueName: "dir"))
    var depot: String?

    @Flag(help: "Wait until every machine has applied its seed.")
    var wait = false

    @Option(help: ArgumentHelp("How long --wait waits.", valueName: "seconds"))
    var timeout = 300

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !(1...86_400).contains(timeout) { throw ValidationError("--timeout takes 1 to 86400 seconds") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let paths = try instance.paths(context)
            let provider = instance.provider.make()
            let summary = try await bringUp(paths, provider, context)
            note(summary.instance.record.absentPayloads, context)
            var statuses: [MachineStatus] = []
            if wait { statuses = try await settle(summary.instance, provider, context) }
            report(summary, statuses, context)
            let failed = statuses.filter { !$0.isApplied }.map(\.name)
            if !failed.isEmpty {
                throw CommandFailure(
                    .environment, "not everything was applied on \(failed.joined(separator: ", "))",
                    help: "slipway logs \(paths.name) \(failed[0]) --unit slipway-apply tells why")
            }
        }
    }

    private func bringUp(
        _ paths: InstancePaths, _ provider: any Provider, _ context: Context
    ) async throws -> UpSummary {
        let launcher = Launcher(paths, provider)
        guard instance.isBundle else {
            let started = try launcher.start(machines)
            return UpSummary(instance: try Instance.open(paths), started: started)
        }
        // Found before anything is changed.
        let contents =
            try await depot == nil ? DepotSource.collect(instance.subject, store.open(context), partial: true) : nil
        let bundle = try BundleInput.open(instance.subject)
        return try launcher.up(bundle, machines: machines, baseTree: baseTree(paths)) { directory in
            if let depot {
                try DepotMirror.fill(directory, from: URL(fileURLWithPath: depot).path)
            } else if let contents {
                try DepotMirror.fill(directory, beside: { try DepotDirectory.write(contents, to: FilePath($0)) })
            }
        }
    }

    private func baseTree(_ paths: InstancePaths) -> String? {
        if let base { return URL(fileURLWithPath: base).standardizedFileURL.path }
        if (try? Instance.open(paths)) != nil { return nil }
        return URL(fileURLWithPath: "out/lab/base").standardizedFileURL.path
    }

    private func settle(
        _ instance: Instance, _ provider: any Provider, _ context: Context
    ) async throws -> [MachineStatus] {
        let started = try instance.machines(machines)
        let statuses = try await Waiter(StatusReader(instance, provider)).untilApplied(started, seconds: timeout) {
            done, all in
            if context.colour { context.err("\r\u{1B}[K\(done) of \(all) machines have applied their seed") }
        }
        if context.colour { context.err("\r\u{1B}[K") }
        return statuses
    }

    private func note(_ absent: [String: [String]], _ context: Context) {
        guard !absent.isEmpty else { return }
        let names = Set(absent.values.joined()).sorted()
        context.err(
            "note: absent payloads, what needs them waits: \(names.joined(separator: ", "))\n"
                + "note: waiting machines: \(absent.keys.sorted().joined(separator: ", "))\n")
    }

    private func report(_ summary: UpSummary, _ statuses: [MachineStatus], _ context: Context) {
        let name = summary.instance.paths.name
        let all = summary.instance.plan.machines.count
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "instance": .string(name), "machines": .integer(Int64(all)), "started": .strings(summary.started),
                    "updated": .bool(summary.isUpdated), "applied": .strings(statuses.filter(\.isApplied).map(\.name)),
                ]))
        case .text:
            let update = summary.isUpdated ? ", updated" : ""
            let applied = wait ? ", \(statuses.filter(\.isApplied).count) applied" : ""
            context.out("\(name): \(all) machines, \(summary.started.count) started\(update)\(applied)\n")
        }
    }
}
