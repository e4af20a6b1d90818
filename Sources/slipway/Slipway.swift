import ArgumentParser
import Bundling

/// The root command.
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Compiles one YAML file into one reproducible bundle that holds a whole Kubernetes cluster.",
        discussion: """
            A first bundle:
              slipway secrets new ha.secret
              slipway bundle topologies/ha.yaml --secrets ha.secret

            Exit status: 0 done, 1 the input is at fault, 2 usage, 3 the environment is at fault.
            """,
        version: "slipway \(Release.version)",
        subcommands: [
            SecretsCommand.self, CheckCommand.self, PlanCommand.self, BundleCommand.self, VerifyCommand.self,
            InspectCommand.self, CatCommand.self, ExtractCommand.self, LockCommand.self, FetchCommand.self,
            DepotCommand.self, DoctorCommand.self, UpCommand.self, StartCommand.self, StopCommand.self,
            StatusCommand.self, SSHCommand.self, ExecCommand.self, LogsCommand.self, ConsoleCommand.self,
            SnapshotCommand.self, RestoreCommand.self, SnapshotsCommand.self, DestroyCommand.self,
        ])
}
