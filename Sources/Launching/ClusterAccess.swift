public import BundleFormat
import Foundation
public import HostSystem
import Values

/// How programs of this host reach the cluster's API.
public enum APIAccess: Hashable, Sendable {
    /// At the address that the operator's kubeconfig has.
    case address
    /// At a port of 127.0.0.1, for which the API server's certificate holds too.
    case port(Int)
    /// At its address, for a program that this command starts: it enters the machines' network.
    case network([String])
    /// Not at all.
    case none

    fileprivate var isPort: Bool { if case .port = self { true } else { false } }
}

extension LaunchPlan {
    /// Where clients find the API: the load balancers, of which one has the API's address at a time; without any the first control
    /// plane.
    public var apiEntrances: [LaunchDefinition] {
        let balancers = machines.filter { $0.role == .loadBalancer }
        return balancers.isEmpty ? Array(machines.filter { $0.role == .controlPlane }.prefix(1)) : balancers
    }

    /// Whether the API's address moves between machines.
    public var movesAPIAddress: Bool { apiEntrances.count > 1 }
}

/// The way of the person at this host to the cluster's API, with the administrator's credentials. They are in files that
/// only this person can read, and on no command line.
public struct ClusterAccess: Sendable {
    let instance: Instance
    let provider: any Provider

    public init(_ instance: Instance, _ provider: any Provider) {
        self.instance = instance
        self.provider = provider
    }

    private var paths: InstancePaths { instance.paths }

    /// A kubeconfig for programs of this host.
    ///
    /// - Returns: the text, and the command that such programs have to be started with; none where the API can be reached
    ///   as it is.
    /// - Throws: ``LaunchError/noAPI(instance:reason:)`` where it cannot.
    public func kubeconfig() throws(LaunchError) -> (text: String, network: [String]) {
        let text = try written()
        switch try provider.api(instance) {
        case .address: return (text, [])
        case .network(let command): return (text, command)
        case .port(let port): return (Self.serving(at: "https://127.0.0.1:\(port)", text), [])
        case .none: throw .noAPI(instance: paths.name)
        }
    }

    /// The kubectl of this host, or where it has none or cannot reach the API, the jump host's, as root there.
    ///
    /// - Parameter isInstalled: whether this host has kubectl.
    /// - Returns: the command, and whether it is the jump host's, to which this host's files mean nothing.
    public func kubectl(
        _ arguments: [String], isInstalled: Bool = ExternalCommand.locate("kubectl") != nil, terminal: String?
    ) throws(LaunchError) -> (command: ExternalCommand, isRemote: Bool) {
        let running = try provider.running(instance)
        let api = try provider.api(instance)
        if isInstalled, api != .none {
            let open = instance.plan.apiEntrances.filter { running[$0.name]?.state == .running }
            // A machine that is off answers nobody, and kubectl would say so after a long while.
            if open.isEmpty, let first = instance.plan.apiEntrances.first {
                throw .notRunning(machine: first.name, instance: paths.name)
            }
            // A port of this host leads to the first one alone; from the jump host the address is reached wherever it is.
            if !api.isPort || open.first == instance.plan.apiEntrances.first { return (try local(arguments), false) }
        }
        guard let jump = instance.plan.machines.first(where: { $0.role == .jump }) else {
            throw isInstalled ? .noAPI(instance: paths.name) : .missingProgram("kubectl")
        }
        guard let machine = running[jump.name], machine.state == .running else {
            throw .notRunning(machine: jump.name, instance: paths.name)
        }
        // Where the bundle puts it for the account that people log in to.
        let kubeconfig = "KUBECONFIG=/home/\(instance.record.login)/.kube/config"
        let command = ["env", kubeconfig, "kubectl"] + arguments
        return (provider.execution(command, in: machine, of: instance, terminal: terminal), true)
    }

    private func local(_ arguments: [String]) throws(LaunchError) -> ExternalCommand {
        let (text, network) = try kubeconfig()
        let path = "\(paths.operatorFiles)/kubeconfig.local"
        try Files.write(Array(text.utf8), to: path)
        // Not through a proxy that this host uses for what is far away.
        let server = Self.server(of: text).map { [$0] } ?? []
        let direct = [ProcessInfo.processInfo.environment["NO_PROXY"]].compactMap { $0 } + server
        return ExternalCommand(
            network + ["kubectl"] + arguments,
            environment: ["KUBECONFIG": path, "NO_PROXY": direct.joined(separator: ",")])
    }

    /// As ``OperatorFiles`` wrote it.
    private func written() throws(LaunchError) -> String {
        let path = "\(paths.operatorFiles)/kubeconfig"
        guard let bytes = try Files.read(path) else { throw .damaged(path: path, reason: "it is missing") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let serverKey = "      server: "

    private static func serving(at server: String, _ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(serverKey) ? serverKey + server : String($0) }.joined(separator: "\n")
    }

    private static func server(of text: String) -> String? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(serverKey) }
        return line.flatMap { URL(string: String($0.dropFirst(serverKey.count)))?.host() }
    }
}
