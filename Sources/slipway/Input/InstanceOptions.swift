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

    @Option(
        help: ArgumentHelp(
            "What runs the machines: utm, qemu or nspawn.",
            discussion: "Default: what the instance has, else what suits the bundle and this computer."))
    var provider: ProviderName?

    /// Whether the subject is a file; a name has neither a slash nor an extension.
    var isBundle: Bool { subject.contains("/") || subject.contains(".") }

    /// The bundle, `nil` when the subject is an instance's name.
    func bundle() throws -> Unbundling.Bundle? { try isBundle ? BundleInput.open(subject) : nil }

    func paths(_ context: Context) throws -> InstancePaths {
        try paths(context, name == nil ? bundle() : nil)
    }

    /// - Parameter bundle: what ``bundle()`` opened.
    func paths(_ context: Context, _ bundle: Unbundling.Bundle?) throws -> InstancePaths {
        let named = name ?? bundle?.description.name ?? subject
        return try InstancePaths(name: named, root: Self.root(context))
    }

    /// The instance, which is there, and what runs it.
    func open(_ context: Context) throws -> (instance: Instance, provider: any Provider) {
        let instance = try Instance.open(paths(context))
        return (instance, try providerName(of: instance).make())
    }

    func launcher(_ context: Context) throws -> Launcher {
        let paths = try paths(context)
        return Launcher(paths, try providerName(of: Instance.open(paths)).make())
    }

    private func providerName(of instance: Instance) throws(LaunchError) -> ProviderName {
        let present = instance.record.provider
        if let provider, provider != present {
            throw .anotherProvider(
                instance: instance.paths.name, provider: present.rawValue, asked: provider.rawValue)
        }
        return present
    }

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
