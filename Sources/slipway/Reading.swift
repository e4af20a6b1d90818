import BuildPlan
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import HostSystem
import Payloads
import Signing
import SystemPackage
import TopologySpec
import Unbundling
import Values

/// What commands read: the libraries' readers, with what they found shown to the person.
extension TopologyInput {
    static func load(_ path: String, _ context: Context) throws(CommandFailure) -> TopologyInput {
        do throws(InputError) { return try load(path, context.environment) } catch { throw CommandFailure(error) }
    }

    /// The cluster, after the findings have been shown; notes are `check`'s to tell.
    ///
    /// - Parameter strict: whether warnings stop the run too.
    /// - Throws: ``CommandFailure`` with the status of faulty input when nothing may be built.
    func requireCluster(strict: Bool, _ context: Context, _ format: OutputFormat) throws(CommandFailure) -> Cluster {
        if format == .json, report.isFatal() {
            context.out(JSONOutput.line(["findings": JSONOutput.value(report)]))
        }
        context.err(
            DiagnosticPrinter(sources: [source], colour: context.errHasColour, width: context.errWidth).text(
                for: report.without(.note)))
        guard !report.isFatal(strict: strict), let cluster else { throw CommandFailure(.input, nil) }
        return cluster
    }
}

extension LockInput {
    static func read(for spec: String, _ context: Context) throws(CommandFailure) -> Lock {
        try open(for: spec, context).lock
    }

    /// - Parameter path: a lock that the person named; nil for the one beside the topology.
    static func open(
        _ path: String? = nil, for spec: String, _ context: Context
    ) throws(CommandFailure) -> (lock: Lock, digest: Values.Digest?) {
        let input: LockInput
        do throws(InputError) {
            input = if let path { try load(from: path) } else { try load(for: spec) }
        } catch { throw CommandFailure(error) }
        context.err(
            DiagnosticPrinter(sources: [input.source], colour: context.errHasColour, width: context.errWidth).text(
                for: input.report))
        guard let lock = input.lock else { throw CommandFailure(.input, nil) }
        return (lock, input.digest)
    }
}

extension RegistryImages {
    /// Registries as the person has set them up: mirrors in `registries.yaml`, credentials in Docker's `config.json`.
    static func open(_ context: Context) throws(CommandFailure) -> RegistryImages {
        RegistryImages(mirrors: try RegistryMirrors.read(context), environment: context.environment)
    }
}

extension RegistryMirrors {
    static func read(_ context: Context) throws(CommandFailure) -> RegistryMirrors {
        var mirrors = RegistryMirrors()
        if let path = RegistriesFile.standardPath(context.environment) {
            let bytes: [UInt8]?
            do throws(SystemError) { bytes = try Files<SystemError>.read(path) } catch {
                throw CommandFailure(.environment, "\(error)")
            }
            if let bytes {
                let source = SourceText(file: path, text: String(decoding: bytes.prefix(1 << 20), as: UTF8.self))
                var report = Report()
                mirrors = RegistriesFile.read(source, into: &report)
                context.err(
                    DiagnosticPrinter(sources: [source], colour: context.errHasColour, width: context.errWidth).text(
                        for: report))
                guard !report.isFatal() else { throw CommandFailure(.input, nil) }
            }
        }
        return mirrors
    }
}

extension Unbundling.Bundle {
    /// Opens a bundle that the user named. Each command does so once and passes the value on.
    static func open(
        named path: String, identities: IdentityOptions? = nil, admit: (_ index: [UInt8]) throws -> Void = { _ in }
    ) throws -> Unbundling.Bundle {
        let keys = try identities?.read() ?? []
        do { return try open(FilePath(path), identities: keys, admit: admit) } catch let error as Errno {
            throw InputError.unreadable(path: path, error)
        }
    }

    /// Opens a bundle that is going to be used. Where a policy is in force, one of its signers must have signed it: else nothing but
    /// its index is read.
    ///
    /// - Parameters:
    ///   - allowedSigners: the file that the person named for this call.
    ///   - identities: what opens a sealed secret part.
    static func open(
        trusted path: String, _ context: Context, allowedSigners: String? = nil, identities: IdentityOptions? = nil
    ) throws -> (bundle: Unbundling.Bundle, signer: TrustPolicy.Signer?) {
        guard let policy = try TrustPolicy.inForce(allowedSigners, context.environment) else {
            return (try open(named: path, identities: identities), nil)
        }
        var signer: TrustPolicy.Signer?
        let bundle = try open(named: path, identities: identities) { index in
            let signatures = try SignatureFile(beside: FilePath(path)).read()
            signer = try policy.signer(of: index, signatures: signatures, bundle: path)
        }
        return (bundle, signer)
    }
}

extension Unbundling.Bundle {
    /// For commands that can do nothing without the secret part.
    func requireOpened() throws(BundleError) {
        if sealed != nil, secretManifest == nil { throw .sealed(file: file) }
    }
}

/// The payloads a user named on the command line.
enum PayloadSelection {
    /// All of them when no name is given.
    static func select(
        _ names: [String], from payloads: [PayloadPlan], spec: String
    ) throws(CommandFailure) -> [PayloadPlan] {
        let known = Set(payloads.map(\.name))
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw CommandFailure(
                .input, "\(spec) has no payload '\(unknown)'",
                help: Suggestion.help(for: unknown, among: payloads.map(\.name)))
        }
        return names.isEmpty ? payloads : payloads.filter { names.contains($0.name) }
    }
}
