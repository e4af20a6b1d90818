public import ArgumentParser
import BundleFormat
import Launching
import Nspawn
import Payloads
import Qemu
import Signing
import SystemPackage
import UTM
import Unbundling
import Values

/// The arguments of every command that works with running machines.
struct InstanceOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The bundle, or the instance's name.", valueName: "bundle-or-name"), completion: .subject)
    var subject: String

    @Option(
        help: ArgumentHelp("The instance's name.", discussion: "Default: the cluster's.", valueName: "name"),
        completion: .instance)
    var name: String?

    @Option(
        help: ArgumentHelp(
            "What runs the machines: utm, qemu or nspawn.",
            discussion: "Default: what the instance has, else what suits the bundle and this computer."))
    var provider: ProviderName?

    /// Whether the subject is a file; a name has neither a slash nor an extension.
    var isBundle: Bool { Self.isBundle(subject) }

    static func isBundle(_ subject: String) -> Bool { subject.contains("/") || subject.contains(".") }

    /// The bundle, `nil` when the subject is an instance's name.
    func bundle(_ context: Context, _ trust: TrustOptions? = nil) throws -> Bundle? {
        try signedBundle(context, trust).bundle
    }

    /// The same with whoever has signed it, where that was asked for.
    func signedBundle(
        _ context: Context, _ trust: TrustOptions? = nil, identities: IdentityOptions? = nil
    ) throws -> (bundle: Bundle?, signer: TrustPolicy.Signer?) {
        guard isBundle else { return (nil, nil) }
        let (bundle, signer) = try Bundle.open(
            trusted: subject, context, allowedSigners: trust?.allowedSigners, identities: identities)
        if let trust, let signer { trust.tell(signer, subject, context) }
        return (bundle, signer)
    }

    func paths(_ context: Context) throws -> InstancePaths {
        try paths(context, name == nil ? bundle(context) : nil)
    }

    /// - Parameter bundle: what ``bundle()`` opened.
    func paths(_ context: Context, _ bundle: Bundle?) throws -> InstancePaths {
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

    /// Where all instances are.
    static func root(_ context: Context) throws(LaunchError) -> String {
        try InstancePaths.defaultRoot(context.environment)
    }
}

extension ProviderName: ExpressibleByArgument {
    /// - Parameter port: the loopback port for SSH to the jump host; nil for one that is free.
    func make(forwardPort port: Int? = nil) -> any Provider {
        switch self {
        case .utm: UTMProvider()
        case .qemu: QemuProvider(forwardPort: port)
        case .nspawn: NspawnProvider()
        }
    }

    /// What suits a bundle on this computer: containers where it shares the host's kernel, UTM on a Mac that has it, else QEMU.
    static func suited(to plan: LaunchPlan) -> ProviderName {
        if plan.sharesKernel { return .nspawn }
        return UTMProvider.isInstalled ? .utm : .qemu
    }
}

/// The option of every command that works with payloads.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where payloads are kept.", discussion: "Default: $XDG_CACHE_HOME/slipway, or ~/.cache/slipway.",
            valueName: "dir"), completion: .directory)
    var store: String?

    func open(_ context: Context) throws(CommandFailure) -> PayloadStore {
        do throws(PayloadError) {
            let root = if let store { FilePath(store) } else { try PayloadStore.defaultRoot(context.environment) }
            return try PayloadStore.open(root)
        } catch {
            throw CommandFailure(error)
        }
    }
}

/// The option of the commands that take a bundle from somebody else.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Refuse a bundle that none of these has signed: a file as ssh-keygen(1) has it under ALLOWED SIGNERS.",
            discussion:
                "Default: who was named with 'slipway trust add'; with nobody named, signatures are not asked for.",
            valueName: "file"), completion: .file())
    var allowedSigners: String?

    func tell(_ signer: TrustPolicy.Signer, _ bundle: String, _ context: Context) {
        context.err("note: \(bundle) is signed by \(printable(signer.name)), \(signer.keyType) \(signer.fingerprint)\n")
    }
}

/// How a result is written: for a person, or for a program.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// The option of every command that has a result; `ssh`, `exec`, `logs` and `console` hand over to another program.
struct OutputOptions: ParsableArguments {
    @Option(help: "How results are written: text, or json for programs.")
    var format = OutputFormat.text
}

/// When results and talk have colours.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, always, never
}

/// The option of every command: an error has colours too.
struct ColourOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "When there are colours: auto, always or never.",
            discussion: "With auto on each stream that is a terminal, unless NO_COLOR is set."))
    var color = ColourChoice.auto
}
