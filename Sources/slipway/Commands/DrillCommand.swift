import ArgumentParser
import BundleFormat
import Diagnostics
import Dispatch
import Drills
import Foundation
import HostSystem
import Launching
import TopologySpec

/// `slipway drill …`
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Break a cluster on purpose, and see whether it does what it should.",
        subcommands: [
            DrillListCommand.self, DrillRunCommand.self, DrillRandomCommand.self, DrillHealCommand.self,
        ])
}

/// Where drills are read from.
struct DrillOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A directory of drills beside those inside this program; of two with one name its own counts.",
            discussion: "Default: 'drills', where there is one.", valueName: "dir"), completion: .directory)
    var drills: String?

    @Option(
        help: ArgumentHelp("A drill of your own, instead of those of the directory.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var file: [String] = []

    /// The files that were named, else those of the program and of the directory; what is wrong with them has been said.
    func read(_ context: Context) throws -> DrillLibrary {
        var report = Report()
        let library =
            try file.isEmpty
            ? DrillLibrary.shipped(with: drills, into: &report)
            : DrillLibrary.read(file, into: &report)
        context.err(
            DiagnosticPrinter(sources: library.sources, colour: context.errHasColour, width: context.errWidth).text(
                for: report))
        guard !report.isFatal() else { throw CommandFailure(.input, nil) }
        return library
    }
}

/// `slipway drill list`
struct DrillListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the drills, and what each breaks.")

    @OptionGroup var options: DrillOptions

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let library = try options.read(context)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line(
                        .array(
                            library.drills.map {
                                [
                                    "name": .string($0.name), "title": .string($0.title),
                                    "fault": .string($0.fault.kind.rawValue), "on": .string("\($0.target)"),
                                    "why": .string($0.why),
                                ]
                            })))
            case .text:
                var table = TextTable("DRILL", "FAULT", "ON", "WHAT BREAKS")
                for drill in library.drills {
                    table.add(drill.name, drill.fault.kind.rawValue, "\(drill.target)", drill.title)
                }
                context.out(table.text(width: context.outWidth))
            }
        }
    }
}

/// `slipway drill run BUNDLE_OR_NAME [DRILL…]`
struct DrillRunCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run drills against a cluster, one after the other, and judge how it reacted.",
        discussion: """
            Only a healthy cluster is drilled; machines that are off are left out, but for etcd's. What a drill breaks is healed at
            its end and when it is interrupted; after a kill by 'slipway drill heal'. While it lasts, clients in the jump host write to
            etcd and read from it, below the key /slipway-drill.
            Ends with 0 only when every verdict is good, else with 3.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The drills, as 'slipway drill list' names them.")
    var names: [String] = []

    @Flag(help: "Run all drills; those that cannot be done here are left out.")
    var all = false

    @OptionGroup var options: DrillOptions

    @Option(
        help: ArgumentHelp(
            "The bundle that drills which update the cluster bring it to; it stays there.", valueName: "file"))
    var bundle: String?

    @Option(
        help: ArgumentHelp(
            "Write a report that shows what happened: a page for people, and FILE.json beside it.",
            discussion: "Of several drills each has its own, with the drill's name in the file's.",
            valueName: "file.html"), completion: .file(extensions: ["html"]))
    var report: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if all == !names.isEmpty, options.file.isEmpty || all {
            throw ValidationError("name the drills, or say --all")
        }
        if let report, !report.hasSuffix(".html") { throw ValidationError("'\(report)' does not end with .html") }
    }

    func run(_ context: Context) async throws {
        let reports = try await CommandFailure.translating {
            let library = try options.read(context)
            let drills = try names.isEmpty ? library.drills : names.map { try library.drill($0) }
            let (opened, provider) = try instance.open(context)
            let (runner, signals) = DrillOutput.runner(
                opened, provider, update: bundle.map { Self.update(opened, to: $0) }, collectsLogs: report != nil,
                context)
            defer { for signal in signals { signal.cancel() } }
            var reports: [DrillReport] = []
            for drill in drills {
                context.err(StatusOutput.plain(["\(drill.name): \(drill.title)"]))
                do {
                    let report = try await runner.run(drill)
                    try write(report, isOneOf: drills.count)
                    reports.append(report)
                } catch DrillError.refused(let name, let reason) where all {
                    context.err(StatusOutput.plain(["note: \(name) is left out: \(reason)"]))
                }
            }
            return reports
        }
        try DrillOutput.conclude(reports, output.format, context)
    }

    /// This program again, as a person would call it.
    private static func update(_ instance: Instance, to bundle: String) -> ExternalCommand {
        ExternalCommand([
            Bundle.main.executablePath ?? CommandLine.arguments[0], "up", bundle, "--name", instance.paths.name,
            "--wait",
        ])
    }

    private func write(_ result: DrillReport, isOneOf count: Int) throws {
        guard let report else { return }
        let stem = String(report.dropLast(5)) + (count > 1 ? "-\(result.drill.name)" : "")
        try Files<LaunchError>.write(Array(DrillPage.text(result).utf8), to: "\(stem).html", mode: 0o644)
        try Files<LaunchError>.write(CanonicalJSON.encode(result.json), to: "\(stem).json", mode: 0o644)
    }
}

/// `slipway drill random BUNDLE_OR_NAME`
struct DrillRandomCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "random", abstract: "Break etcd in ways that nobody has chosen, and see that nothing is lost.",
        discussion: """
            Each sequence is two to four faults of etcd's members, one after the other. The seed says which: a sequence that went wrong is run
            again with --seed SEED --count 1. When things happen within the cluster is its own affair.
            Ends with 0 only when every verdict is good, else with 3; the first bad one ends the run.
            """)

    @OptionGroup var instance: InstanceOptions

    @Option(help: ArgumentHelp("The first sequence's seed; each further one has the next.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many sequences.", valueName: "number"))
    var count = 1

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !(1...100_000).contains(count) { throw ValidationError("--count takes 1 to 100000") }
        if seed.addingReportingOverflow(UInt64(count)).overflow { throw ValidationError("--seed is too large") }
    }

    func run(_ context: Context) async throws {
        let reports = try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let (runner, signals) = DrillOutput.runner(opened, provider, update: nil, collectsLogs: false, context)
            defer { for signal in signals { signal.cancel() } }
            var reports: [DrillReport] = []
            for seed in seed..<(seed + UInt64(count)) {
                let sequence = DrillSequence.random(seed: seed, freezes: provider.obstacleToFreezing == nil)
                context.err(StatusOutput.plain(["seed \(seed): \(sequence.drill.title)"]))
                do { reports.append(try await runner.run(sequence)) } catch {
                    context.err(StatusOutput.plain(["seed \(seed) was not brought to its end"]))
                    throw error
                }
                if reports.last?.verdict.isGood == false { break }
            }
            return reports
        }
        try DrillOutput.conclude(reports, output.format, context)
    }
}

/// `slipway drill heal BUNDLE_OR_NAME`
struct DrillHealCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "heal", abstract: "Repair what a drill left broken because it was killed.",
        discussion:
            "Every fault is recorded before it is made, so nothing is forgotten. It can be run again at any time.")

    @OptionGroup var instance: InstanceOptions

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let healed = try DrillRunner(opened, provider) { _, _ in }.heal()
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "instance": .string(opened.paths.name), "healed": .strings([healed].compactMap { $0 }),
                    ]))
            case .text:
                context.out(
                    "\(opened.paths.name): \(healed.map { "healed what '\($0)' broke" } ?? "nothing to heal")\n")
            }
        }
    }
}

/// What `drill run` prints.
enum DrillOutput {
    /// What runs drills and tells of it; until its signals are cancelled, what would end this process interrupts the drill.
    static func runner(
        _ instance: Instance, _ provider: any Provider, update: ExternalCommand?, collectsLogs: Bool, _ context: Context
    ) -> (DrillRunner, [any DispatchSourceSignal]) {
        let interruption = Interruption()
        let runner = DrillRunner(
            instance, provider, interruption: interruption, update: update, collectsLogs: collectsLogs
        ) { time, text in
            let since = time.map { String(format: "%6.1f s", $0 / 1000) } ?? "        "
            context.err(StatusOutput.plain(["\(since)  \(text)"]))
        }
        return (runner, interrupts(interruption))
    }

    /// Prints what came of them; a bad verdict is a failure.
    static func conclude(_ reports: [DrillReport], _ format: OutputFormat, _ context: Context) throws {
        switch format {
        case .json: context.out(JSONOutput.line(.array(reports.map(\.json))))
        case .text: context.out(text(reports, width: context.outWidth))
        }
        if reports.isEmpty || reports.contains(where: { !$0.verdict.isGood }) {
            throw CommandFailure(.environment, nil)
        }
    }

    /// What would end this process interrupts the drill instead, which heals what it broke.
    private static func interrupts(_ interruption: Interruption) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { interruption.interrupt() }
            source.resume()
            return source
        }
    }

    static func text(_ reports: [DrillReport], width: Int?) -> String {
        var table = TextTable("DRILL", "VERDICT", "NO WRITE", "NO LEADER", "NO API", "HEALTHY", "WRITES", "LOST")
        for report in reports {
            table.add(
                report.drill.name, report.verdict.isGood ? "good" : "bad", Evidence.text(report.unavailable),
                Evidence.text(report.leaderless), report.apiSilence.map(Evidence.text) ?? "-",
                report.recovery.map(Evidence.text) ?? "no", "\(report.acknowledged)",
                report.lost.map { "\($0)" } ?? "?")
        }
        let bad = reports.flatMap { report in
            report.verdict.lines.filter { !$0.isGood }.map {
                "\(report.drill.name): expected: \($0.expected); seen: \($0.seen)"
            }
        }
        return "\n" + table.text(width: width) + (bad.isEmpty ? "" : "\n" + StatusOutput.plain(bad))
    }
}
