import ArgumentParser
import HostSystem
import Launching

/// `slipway kubectl BUNDLE_OR_NAME [-- ARGUMENTS…]`
struct KubectlCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubectl", abstract: "Run kubectl on a cluster as its administrator.",
        discussion: """
            For example: slipway kubectl ha -- get nodes
            This host's kubectl where it has one, else the jump host's, to which this host's files mean nothing.
            Ends with kubectl's own status.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(parsing: .postTerminator, help: "What kubectl is given, after --.")
    var arguments: [String] = []

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let terminal = context.isInteractive ? context.environment["TERM"] : nil
            let kubectl = try ClusterAccess(opened, provider).kubectl(arguments, terminal: terminal)
            if kubectl.isRemote, arguments.contains(where: { $0 == "-f" || $0.hasPrefix("--filename") }) {
                context.err(
                    "note: kubectl runs on the jump host here, and files are looked for there; '-f -' reads what is piped in\n"
                )
            }
            try Interactive.become(kubectl.command)
        }
    }
}

/// `slipway kubeconfig BUNDLE_OR_NAME`
struct KubeconfigCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print a kubeconfig with which this host's programs reach a cluster.",
        discussion: """
            It holds the administrator's key: whoever has it rules the cluster.
              (umask 077; slipway kubeconfig ha > ha.kubeconfig)
            """)

    @OptionGroup var instance: InstanceOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let (text, network) = try ClusterAccess(opened, provider).kubeconfig()
            if !network.isEmpty {
                context.err(
                    "note: the machines' network is one of its own; this works for programs that are started in it: \(network.joined(separator: " ")) kubectl …\n"
                )
            }
            context.out(text)
        }
    }
}
