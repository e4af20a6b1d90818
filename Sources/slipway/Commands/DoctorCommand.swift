import ArgumentParser
import BundleFormat
import Foundation
import Launching
import UTM
import Unbundling

/// `slipway doctor [BUNDLE]`
struct DoctorCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check whether machines can run here, without changing anything.",
        discussion: """
            With a bundle: whether its machines can. 'slipway up' looks at the same and starts nothing on a failure.
            Exit status 3 when there is a failure. Without a bundle one way that works is enough: what is in the way of the
            others is a warning then.
            """)

    @Argument(help: "The bundle; without one, what this computer can do at all.", completion: .bundle)
    var bundle: String?

    @Argument(help: "Only these machines.", completion: .machine)
    var machines: [String] = []

    @Option(help: "Only this provider: utm, qemu or nspawn.")
    var provider: ProviderName?

    @Option(
        help: ArgumentHelp("The instance's name.", discussion: "Default: the cluster's.", valueName: "name"),
        completion: .instance)
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Also write the answers to what is assumed about macOS (docs/macos-assumptions.md) into a file, to be sent.",
            valueName: "file"), completion: .file())
    var report: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let plan = try bundle.map { try Unbundling.Bundle.open(trusted: $0, context).bundle.launchPlan }
            let paths = try InstancePaths(
                name: name ?? plan?.cluster ?? "doctor", root: InstanceOptions.root(context))
            var found: [(name: ProviderName, findings: [Finding])] = []
            for name in try providers(plan) { found.append((name, try examine(name, plan, paths))) }
            let failed = found.filter { $0.findings.contains { $0.level == .failure } }.map(\.name.rawValue)
            // One way that works is enough.
            if failed.count < found.count { found = found.map { ($0.name, $0.findings.map(\.tolerated)) } }
            print(found, context)
            if let report { try write(found, to: report, context) }
            if failed.count == found.count {
                throw CommandFailure(.environment, "machines cannot run here with \(failed.joined(separator: " or "))")
            }
        }
    }

    private func providers(_ plan: LaunchPlan?) throws -> [ProviderName] {
        if let provider { return [provider] }
        return plan.map { [.suited(to: $0)] } ?? ProviderName.allCases
    }

    private func examine(_ name: ProviderName, _ plan: LaunchPlan?, _ paths: InstancePaths) throws -> [Finding] {
        let provider = name.make()
        var wanted = plan?.machines ?? []
        var present: [LaunchDefinition] = []
        if let plan {
            wanted = try plan.select(machines, instance: paths.name)
            if let instance = try? Instance.open(paths), instance.record.provider == name {
                let running = try provider.running(instance)
                // All that run count, whichever were named.
                present = plan.machines.filter { running[$0.name] != nil }
                wanted.removeAll { running[$0.name] != nil }
            }
        }
        return provider.examine(Examination(plan: plan, paths: paths, machines: wanted, running: present))
    }

    private func write(_ found: [(name: ProviderName, findings: [Finding])], to file: String, _ context: Context) throws
    {
        let texts = found.map { "\($0.name.rawValue)\n" + FindingOutput.text($0.findings, colour: false) }
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(MacReport.text(findings: texts.joined(separator: "\n")).utf8))
        else { throw CommandFailure(.environment, "cannot write \(file)") }
        context.err("note: read \(file) before you send it\n")
    }

    private func print(_ report: [(name: ProviderName, findings: [Finding])], _ context: Context) {
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line(
                    .array(
                        report.map {
                            ["provider": .string($0.name.rawValue), "findings": FindingOutput.json($0.findings)]
                        })))
        case .text:
            let texts = report.map {
                "\($0.name.rawValue)\n" + FindingOutput.text($0.findings, colour: context.outHasColour)
            }
            context.out(texts.joined(separator: "\n"))
        }
    }
}
