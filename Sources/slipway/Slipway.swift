import ArgumentParser
import Bundling
import Diagnostics

/// The root command.
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Compiles one YAML file into one reproducible bundle that holds a whole Kubernetes cluster.",
        discussion: """
            From a topology to a cluster; each command's last line names the next:
              slipway init ha                once: a topology to begin with, ha.yaml
              slipway secrets new ha.secret  once: all keys derive from this file
              slipway lock ha.yaml           needs a network: which exact bytes
              slipway fetch ha.yaml          needs a network: those bytes
              slipway bundle ha.yaml         needs none, and nothing after it does
              slipway up out/ha.tar          the machines
            To a computer without a network:
              slipway export out/ha.tar DISK/ha.tar
              slipway import DISK/ha.tar     there; then slipway up

            Exit status: 0 done, 1 something given is at fault, 2 the command line is, 3 this computer is.
            """,
        version: "slipway \(Release.version)",
        subcommands: [CollectConsoleCommand.self, RecordAttemptsCommand.self, ManualCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Topology",
                subcommands: [
                    InitCommand.self, SecretsCommand.self, CheckCommand.self, PlanCommand.self, SchemaCommand.self,
                    TemplatesCommand.self,
                ]),
            CommandGroup(
                name: "Payload",
                subcommands: [LockCommand.self, FetchCommand.self, StoreCommand.self, DepotCommand.self]),
            CommandGroup(
                name: "Bundle",
                subcommands: [
                    BundleCommand.self, VerifyCommand.self, InspectCommand.self, CatCommand.self, ExtractCommand.self,
                    ExplainCommand.self, DiffCommand.self, CertificatesCommand.self, GraphCommand.self,
                    ReportCommand.self,
                ]),
            CommandGroup(
                name: "Carrying",
                subcommands: [
                    ExportCommand.self, ImportCommand.self, PushCommand.self, PullCommand.self, SignCommand.self,
                    TrustCommand.self, SealCommand.self, OpenCommand.self,
                ]),
            CommandGroup(
                name: "Cluster",
                subcommands: [
                    DoctorCommand.self, UpCommand.self, StatusCommand.self, ListCommand.self, StopCommand.self,
                    StartCommand.self, SnapshotCommand.self, SnapshotsCommand.self, RestoreCommand.self,
                    DestroyCommand.self, DrillCommand.self, EvidenceCommand.self,
                ]),
            CommandGroup(
                name: "Machine",
                subcommands: [
                    KubectlCommand.self, KubeconfigCommand.self, SSHCommand.self, ExecCommand.self, LogsCommand.self,
                    ConsoleCommand.self,
                ]),
        ])

    /// The first word that should name a command and does not, after `help` too; ArgumentParser has no suggestions.
    static func unknownCommand(in arguments: ArraySlice<String>) -> CommandFailure? {
        var words = arguments.first == "help" ? arguments.dropFirst() : arguments
        var subcommands = configuration.subcommands
        while !subcommands.isEmpty, let word = words.popFirst(), !word.hasPrefix("-"), word != "help" {
            let names = subcommands.compactMap { $0.configuration.commandName }
            guard let command = subcommands.first(where: { $0.configuration.commandName == word }) else {
                return CommandFailure(
                    .usage, "there is no command '\(word)'",
                    help: Suggestion.nearest(to: word, among: names).map { "did you mean '\($0)'?" }
                        ?? "slipway --help lists all commands")
            }
            subcommands = command.configuration.subcommands
        }
        return nil
    }
}
