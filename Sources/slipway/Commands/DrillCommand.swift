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
        subcommands: [DrillListCommand.self, DrillRunCommand.self, DrillHealCommand.self])
}

/// Where drills are read from.
struct DrillOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The directory of drills.", valueName: "dir"), completion: .directory)
    var drills = "drills"

    @Option(
        help: ArgumentHelp("A drill of your own, instead of those of the directory.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var file: [String] = []

    /// The files that were named, else those of the directory; what is wrong with them has been said.
    func read(_ context: Context) throws -> DrillLibrary {
        var report = Report()
        let library =
            try file.isEmpty
            ? DrillLibrary.read(directory: drills, into: &report)
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
            let interruption = Interruption()
            let signals = Self.interrupts(interruption)
            defer { for signal in signals { signal.cancel() } }
            let runner = DrillRunner(opened, provider, interruption: interruption) { time, text in
                let since = time.map { String(format: "%6.1f s", $0 / 1000) } ?? "        "
                context.err(StatusOutput.plain(["\(since)  \(text)"]))
            }
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
        switch output.format {
        case .json: context.out(JSONOutput.line(.array(reports.map(\.json))))
        case .text: context.out(DrillOutput.text(reports, width: context.outWidth))
        }
        if reports.isEmpty || reports.contains(where: { !$0.verdict.isGood }) {
            throw CommandFailure(.environment, nil)
        }
    }

    private func write(_ result: DrillReport, isOneOf count: Int) throws {
        guard let report else { return }
        let stem = String(report.dropLast(5)) + (count > 1 ? "-\(result.drill.name)" : "")
        try Files<LaunchError>.write(Array(DrillPage.text(result).utf8), to: "\(stem).html", mode: 0o644)
        try Files<LaunchError>.write(CanonicalJSON.encode(result.json), to: "\(stem).json", mode: 0o644)
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
    static func text(_ reports: [DrillReport], width: Int?) -> String {
        var table = TextTable("DRILL", "VERDICT", "NO WRITE", "NO LEADER", "HEALTHY", "WRITES", "LOST")
        for report in reports {
            table.add(
                report.drill.name, report.verdict.isGood ? "good" : "bad", Evidence.text(report.unavailable),
                Evidence.text(report.leaderless), report.recovery.map(Evidence.text) ?? "no", "\(report.acknowledged)",
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
