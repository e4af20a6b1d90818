import ArgumentParser
import BundleFormat
import Bundling
import Comparing
import HostSystem
import Launching
import Unbundling
import Values

/// `slipway report BUNDLE -o FILE.html`
struct ReportCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write an HTML page about a bundle, to read and to keep.",
        discussion: """
            One file that loads nothing and needs no script: the picture, machines, files with what made them, certificates, payloads,
            the bill of materials, and with --since what is different from an earlier bundle. No secret is in it. For example:
              slipway report out/ha-….tar -o ha.html
              slipway report out/ha-3c4d….tar --since out/ha-1a2b….tar -o change.html
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where it is written.", valueName: "file.html"),
        completion: .file(extensions: ["html"]))
    var output: String

    @Option(
        help: ArgumentHelp("An earlier bundle: the page says what is different.", valueName: "bundle"),
        completion: .bundle)
    var since: String?

    @Option(
        help: ArgumentHelp(
            "The lock file, which says how payloads were verified.",
            discussion: "Default: topologies/NAME.lock or NAME.lock, when the bundle was made with it.",
            valueName: "file"), completion: .file(extensions: ["lock"]))
    var lock: String?

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(trusted: bundle, context, identities: identities).bundle
            let side = ClusterSide(.bundle(opened))
            let difference = try since.map { earlier in
                try ClusterDifference(from: ClusterSide.open(named: earlier, context, identities), to: side)
            }
            let page = ReportPage(
                bundle: opened, certificates: side.isComplete ? try CertificateTree(of: side) : nil,
                lock: try lock(of: opened, context), difference: difference.map { ($0, since ?? "") })
            try Files<LaunchError>.write(Array(try page.text.utf8), to: output)
        }
        context.out("\(output)\n")
    }

    private func lock(of bundle: Unbundling.Bundle, _ context: Context) throws -> Lock? {
        if let lock { return try LockInput.open(lock, for: "", context).lock }
        let name = bundle.description.name
        for path in ["topologies/\(name).lock", "\(name).lock"] where InputFile.exists(path) {
            guard let input = try? LockInput.load(from: path), let digest = input.digest,
                digest == bundle.description.inputs.lock
            else { continue }
            return input.lock
        }
        return nil
    }
}
