import ArgumentParser
import BuildPlan
import BundleFormat
import Bundling
import HostSystem
import Payloads
import SystemPackage

/// `slipway fetch SPEC`
struct FetchCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Bring every payload that the lock file pins into the store.",
        discussion: """
            What is in the store already is not fetched again, and an interrupted fetch goes on where it stopped. Bytes that are not
            those the lock file pins are refused and not kept. curl does the transfers: it uses your proxy and certificates.
            """)

    @Argument(help: "The topology, such as topologies/ha.yaml.", completion: .topology)
    var spec: String

    @Argument(help: "Only these payloads.")
    var names: [String] = []

    @Option(help: ArgumentHelp("Payloads that are fetched at a time.", valueName: "n"))
    var jobs = 4

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !(1...64).contains(jobs) { throw ValidationError("--jobs takes 1 to 64") }
    }

    func run(_ context: Context) async throws {
        let cluster = try TopologyInput.load(spec, context).requireCluster(
            strict: false, context, output.format)
        let wanted = try PayloadSelection.select(names, from: Planner.plan(cluster).payloads, spec: spec)
        let lock = try LockInput.read(for: spec, context)
        let pinned = wanted.compactMap { lock[$0.name] }
        let store = try store.open(context)
        let need = FetchNeed(pinned, in: store)
        do throws(PayloadError) { try need.check(free: HostFacts.freeSpace(at: store.root.string), in: store) } catch {
            throw CommandFailure(error)
        }
        if output.format == .text, need.missing > 0 {
            context.err(
                "\(FetchProgress.size(need.missing)) to fetch into \(store.root), \(FetchProgress.size(need.present)) are there\n"
            )
        }
        let fetcher = Fetcher(
            store: store, base: LockInput.path(for: spec).removingLastComponent(),
            environment: context.environment, images: try RegistryImages.open(context))
        let show = FetchOutput(
            context, format: output.format, count: pinned.count, total: pinned.reduce(0) { $0 + $1.size })
        let failures = await fetcher.fetch(pinned, jobs: jobs) { show.take($0) }
        show.finish()
        report(
            failures, pinned, unpinned: wanted.map(\.name).filter { lock[$0] == nil }, present: need.present,
            context)
        if pinned.isEmpty {
            let lacking = names.isEmpty ? "pins no payload" : "does not pin \(names.joined(separator: ", "))"
            throw CommandFailure(
                .input, "nothing to fetch: \(LockInput.path(for: spec)) \(lacking)",
                help: "pin what the topology needs: slipway lock \(spec)")
        }
        if !failures.isEmpty {
            throw CommandFailure(failures.allSatisfy(\.isEnvironment) ? .environment : .input, nil)
        }
    }

    private func report(
        _ failures: [PayloadError], _ pinned: [LockedPayload], unpinned: [String], present: Int64, _ context: Context
    ) {
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "event": "result", "payloads": .integer(Int64(pinned.count)),
                    "failures": .integer(Int64(failures.count)), "unpinned": .strings(unpinned),
                    "present": .integer(present),
                ]))
        case .text:
            for failure in failures { context.err("error: \(failure)\n") }
            if !unpinned.isEmpty, !pinned.isEmpty {
                context.err(
                    "note: \(LockInput.path(for: spec)) does not pin \(unpinned.joined(separator: ", ")); "
                        + "pin them: slipway lock \(spec)\n")
            }
            if failures.isEmpty, !pinned.isEmpty {
                let total = FetchProgress.size(pinned.reduce(0) { $0 + $1.size })
                let payloads = pinned.count == 1 ? "1 payload" : "\(pinned.count) payloads"
                context.out("\(spec): \(payloads), \(total)\n")
                if present > 0 { context.err("\(FetchProgress.size(present)) of them were there already\n") }
                context.err(
                    unpinned.isEmpty
                        ? "next: slipway bundle \(spec), as often as you like; no network is needed any more\n"
                        : "next: slipway lock \(spec)\n")
            }
        }
    }
}
