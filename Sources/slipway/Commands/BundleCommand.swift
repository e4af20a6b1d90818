import ArgumentParser
import Artefacts
import BuildPlan
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import Foundation
import SystemPackage

/// `slipway bundle SPEC`
struct BundleCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Compile a topology into one reproducible bundle.",
        discussion: """
            The bytes depend on the topology, the templates, the lock file and the secrets file, and on nothing else.
            The public digest does not depend on the secrets file: anyone can rebuild and compare it.
            The bundle is called after its digest, out/ha-<digest>.tar, and out/ha.tar is a link to the one that was built last.
            In a Makefile:
              out/ha.tar: ; slipway bundle ha.yaml --depfile out/ha.d
              -include out/ha.d
            """)

    @Argument(help: "The topology, such as topologies/ha.yaml.", completion: .topology)
    var spec: String

    @Option(
        help: ArgumentHelp(
            "The secrets file.", discussion: "Default: the topology's name with .secret.", valueName: "file"),
        completion: .file())
    var secrets: String?

    @Option(
        help: ArgumentHelp(
            "The templates directory.",
            discussion: "Default: the templates inside this program, which 'slipway templates export' writes.",
            valueName: "dir"), completion: .directory)
    var templates: String?

    @Option(help: ArgumentHelp("Where the bundle is written.", valueName: "dir"), completion: .directory)
    var out = "out"

    @Option(
        help: ArgumentHelp(
            "Where to write what the bundle was made from, as a rule for Make and Ninja.",
            discussion: "Its target is the link, such as out/ha.tar.", valueName: "file"), completion: .file())
    var depfile: String?

    @Flag(help: "Fail on warnings too.")
    var strict = false

    @Option(help: ArgumentHelp("Machines that are rendered at a time; the bytes are the same.", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads takes 1 to 256") }
    }

    func run(_ context: Context) async throws {
        let input = try TopologyInput.load(spec, context)
        let cluster = try input.requireCluster(strict: strict, context, output.format)
        let (lock, lockDigest) = try LockInput.open(for: spec, context)
        let summary = try await CommandFailure.translating(templates: templates) {
            let sources = try TemplateDirectory.read(templates)
            let secret = try SecretsFile.read(secrets ?? defaultSecrets)
            let link = FilePath(out).appending(ImageLayout.fixedFileName(cluster: cluster.name)).string
            let locks = lockDigest == nil ? [] : [LockInput.path(for: spec).string]
            let inputs = [spec] + locks + [secrets ?? defaultSecrets] + sources.paths
            let dependencies = try depfile.map { _ in try DependencyFile(target: link, prerequisites: inputs) }
            try makeOutputDirectory()
            let plan = Planner.plan(cluster)
            let writer = try BundleWriter(
                plan: plan, templates: sources, authorities: Authorities(plan: plan, secret: secret),
                lock: lock, inputs: BuildInputs(topology: input.digest, lock: lockDigest))
            // First: a bundle that is new while its dependencies are old would not be built again when it has to be.
            if let depfile { try dependencies?.write(to: depfile) }
            return try await writer.write(to: FilePath(out), threads: threads ?? min(context.processorCount, 8))
        }
        report(summary, context)
    }

    /// `topologies/ha.secret` beside `topologies/ha.yaml`.
    private var defaultSecrets: String {
        var path = FilePath(spec)
        path.extension = "secret"
        return path.string
    }

    private func makeOutputDirectory() throws(CommandFailure) {
        do { try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true) } catch {
            let reason =
                FileManager.default.fileExists(atPath: out)
                ? "something of that name is there that is no directory" : error.localizedDescription
            throw CommandFailure(
                .environment, "cannot make the directory \(out): \(reason)", help: "name another one with --out DIR")
        }
    }

    private func report(_ summary: BundleSummary, _ context: Context) {
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "path": .string(summary.path), "publicDigest": .string("\(summary.publicDigest)"),
                    "bundleDigest": .string("\(summary.bundleDigest)"), "size": .integer(summary.size),
                    "machines": .integer(Int64(summary.machineCount)),
                    "unpinnedPayloads": .strings(summary.unpinnedPayloads),
                    "unlistedArchives": .strings(summary.unlistedArchives),
                ]))
        case .text:
            context.out(
                Wrapping.fields(
                    "path           \(summary.path)\npublic digest  \(summary.publicDigest)\n"
                        + "bundle digest  \(summary.bundleDigest)\n", to: context.outWidth))
            if !summary.unpinnedPayloads.isEmpty {
                let all = summary.unpinnedPayloads
                // A name or two help; nineteen hide that the lock file is what lacks.
                let names = all.count > 3 ? "\(all.count) payloads" : all.joined(separator: ", ")
                context.err(
                    "note: machines will wait for \(names), which \(LockInput.path(for: spec)) does not pin; "
                        + "with a network: slipway lock \(spec)\n")
            }
            if !summary.unlistedArchives.isEmpty {
                context.err(
                    "note: \(LockInput.path(for: spec)) does not say what is inside "
                        + "\(summary.unlistedArchives.joined(separator: ", ")), so machines will wait for it; "
                        + "run 'slipway lock \(spec)' and build the bundle again\n")
            }
            if summary.unpinnedPayloads.isEmpty, summary.unlistedArchives.isEmpty {
                context.err("next: slipway up \(summary.path)\n")
            }
        }
    }
}
