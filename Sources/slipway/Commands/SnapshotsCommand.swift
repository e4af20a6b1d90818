import ArgumentParser
import BundleFormat
import Launching
import Values

/// `slipway snapshots BUNDLE_OR_NAME`
struct SnapshotsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots", abstract: "List an instance's snapshots, or delete one.")

    @OptionGroup var instance: InstanceOptions

    @Option(help: ArgumentHelp("Delete this snapshot.", valueName: "snapshot"))
    var delete: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            if let delete { try instance.launcher(context).deleteSnapshot(delete) }
            let (opened, _) = try instance.open(context)
            let snapshots = try Launcher.snapshots(of: opened)
            switch output.format {
            case .json: context.out(JSONOutput.line(.array(snapshots.map(\.json))))
            case .text:
                var table = TextTable("SNAPSHOT", "TAKEN", "BUNDLE")
                for snapshot in snapshots {
                    let isPresent = snapshot.bundleDigest == opened.record.bundleDigest
                    table.add(
                        snapshot.name, snapshot.taken,
                        String(snapshot.bundleDigest.hex.prefix(12)) + (isPresent ? "" : " (not the present one)"))
                }
                context.out(
                    snapshots.isEmpty ? "\(opened.paths.name): no snapshots\n" : table.text(width: context.outWidth))
            }
        }
    }
}
