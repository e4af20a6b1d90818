import ArgumentParser
import BundleFormat
import HostSystem
import Launching
import SystemPackage

/// `slipway evidence NAME`
struct EvidenceCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Report what an instance was made from, and what its machines tried to send outside.",
        discussion: """
            For an instance that was brought up with --sealed-off. The report names what was verified, who had signed it, every digest,
            when and how long, each machine's health now, and every attempt to leave: by machine and destination, by name where a
            name was asked for, and by process where that could be seen (in containers; not in virtual machines).
            Ends with 0 only when nothing tried to leave, nobody missed a packet, and all machines are healthy; else with 3.
            """)

    @OptionGroup var instance: InstanceOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where it is written: FILE.html, a page for people, or FILE.json.",
            discussion: "Default: JSON on standard output.",
            valueName: "file"), completion: .file(extensions: ["html", "json"]))
    var output: [String] = []

    @OptionGroup var colour: ColourOptions

    func validate() throws {
        for file in output where !file.hasSuffix(".html") && !file.hasSuffix(".json") {
            throw ValidationError("'\(file)' is neither .html nor .json")
        }
    }

    func run(_ context: Context) async throws {
        let report = try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let report = try await EvidenceReport.make(opened, provider, at: context.now())
            for file in output {
                let bytes =
                    file.hasSuffix(".html") ? Array(EvidencePage.text(report).utf8) : CanonicalJSON.encode(report.json)
                try Files<LaunchError>.write(bytes, to: file)
            }
            return report
        }
        if output.isEmpty {
            context.out(JSONOutput.line(report.json))
        } else {
            context.out(StatusOutput.plain([report.sealedOff.sentence] + output.map { "written: \($0)" }))
        }
        guard !report.objections.isEmpty else { return }
        context.err(StatusOutput.plain(report.objections.map { "objection: \($0)" }))
        throw CommandFailure(.environment, nil)
    }
}
