import ArgumentParser
import BundleFormat
import Foundation
import Launching
import Unbundling

/// The arguments of every command that works with running machines.
struct InstanceOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The bundle, or the instance's name.", valueName: "bundle-or-name"))
    var subject: String

    @Option(help: ArgumentHelp("The instance's name.", discussion: "Default: the cluster's.", valueName: "name"))
    var name: String?

    @Option(help: "What runs the machines: nspawn.")
    var provider = ProviderName.nspawn

    /// Whether the subject is a file; a name has neither a slash nor an extension.
    var isBundle: Bool { subject.contains("/") || subject.contains(".") }

    func paths(_ context: Context) throws -> InstancePaths {
        let named = try name ?? (isBundle ? BundleInput.open(subject).description.name : subject)
        return try InstancePaths(name: named, root: Self.root(context))
    }

    func open(_ context: Context) throws -> Instance { try Instance.open(paths(context)) }

    /// `$SLIPWAY_STATE`, or where the XDG base directory specification wants state.
    static func root(_ context: Context) throws(CommandFailure) -> String {
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        if let root = context.environment["SLIPWAY_STATE"], !root.isEmpty { return absolute(root) }
        if let state = context.environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/slipway" }
        guard let home = context.environment["HOME"], !home.isEmpty else {
            throw CommandFailure(
                .environment, "there is no place for instances: neither SLIPWAY_STATE nor HOME is set")
        }
        return absolute("\(home)/.local/state/slipway")
    }
}

/// As in `--provider`.
enum ProviderName: String, ExpressibleByArgument, CaseIterable, Sendable {
    case nspawn

    func make() -> any Provider {
        switch self {
        case .nspawn: NspawnProvider()
        }
    }
}
