import ArgumentParser
import Bundling
import Diagnostics

/// The root command.
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Compiles one YAML file into one reproducible bundle that holds a whole Kubernetes cluster.",
        discussion: """
            From a topology to a cluster, in this order; each command's last line names the next:
              slipway init ha                            once: a topology to begin with
              slipway secrets new topologies/ha.secret   once: the file that all keys derive from
              slipway lock topologies/ha.yaml            with a network: which exact bytes; commit the lock file
              slipway fetch topologies/ha.yaml           with a network: those bytes, into the store
              slipway bundle topologies/ha.yaml          without one, from here on
              slipway up out/ha-….tar                    the machines, with what the store holds
            To a computer without a network:
              slipway export out/ha-….tar DISK/ha.tar    bundle and payloads in one file, or --split 4GiB in several
              slipway import DISK/ha.tar                 there: checked, into that computer's store; then slipway up

            Exit status: 0 done, 1 something given is at fault, 2 the command line is, 3 this computer is.
            """,
        version: "slipway \(Release.version)",
        subcommands: [
            InitCommand.self, SecretsCommand.self, CheckCommand.self, SchemaCommand.self, PlanCommand.self,
            BundleCommand.self,
            TemplatesCommand.self, VerifyCommand.self,
            SignCommand.self, TrustCommand.self, SealCommand.self, OpenCommand.self,
            PushCommand.self, PullCommand.self, InspectCommand.self, CatCommand.self, ExplainCommand.self,
            DiffCommand.self,
            CertificatesCommand.self, GraphCommand.self, ReportCommand.self,
            ExtractCommand.self,
            LockCommand.self, FetchCommand.self, ExportCommand.self, ImportCommand.self,
            StoreCommand.self, DepotCommand.self, DoctorCommand.self, UpCommand.self, StartCommand.self,
            StopCommand.self, ListCommand.self,
            StatusCommand.self, EvidenceCommand.self, KubectlCommand.self, KubeconfigCommand.self, SSHCommand.self,
            ExecCommand.self,
            LogsCommand.self, ConsoleCommand.self,
            SnapshotCommand.self, RestoreCommand.self, SnapshotsCommand.self, DestroyCommand.self, DrillCommand.self,
            CollectConsoleCommand.self, RecordAttemptsCommand.self,
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
