public import BundleFormat
import ClusterModel

/// A check of a machine, and the payloads of the cluster without which there is nothing to look at: a bundle whose lock does not pin
/// all of them is made without it.
public struct CheckPlan: Sendable, Hashable {
    public let check: HealthCheck
    /// Names of payloads, of whatever machine.
    public let payloads: Set<String>

    init(_ check: HealthCheck, of payloads: [PayloadPlan] = []) {
        self.check = check
        self.payloads = Set(payloads.map(\.name))
    }
}

/// Probes that several roles make.
extension HealthCheck.Probe {
    /// A server on the machine itself.
    static func local(_ port: UInt16, _ path: String) -> Self {
        .http(address: LeafPlanner.loopback, port: port, path: path)
    }

    /// kubectl without a terminal, with the credentials of a kubeconfig or without any.
    ///
    /// - Parameter home: where it keeps what it discovered of the API; nil for requests that need no discovery.
    static func kubectl(
        _ arguments: [String], kubeconfig: String? = nil, user: String, home: String = "/nonexistent"
    ) -> Self {
        let credentials = kubeconfig.map { ["--kubeconfig=\($0)"] } ?? []
        return .program(
            HealthCheck.Program(
                "/usr/local/bin/kubectl", credentials + ["--request-timeout=5s"] + arguments,
                environment: ["HOME": home, "KUBECONFIG": "/dev/null"], user: user))
    }

    /// `/healthz` of a component that serves itself a certificate at its start, which nobody can know: it listens on loopback only.
    /// Without any user kubectl would ask for one on its terminal; the name means nothing to them, so that it is an anonymous request.
    static func healthz(_ port: UInt16) -> Self {
        .kubectl(
            [
                "--server=https://127.0.0.1:\(port)", "--insecure-skip-tls-verify", "--username=nobody",
                "--password=nobody", "get", "--raw=/healthz",
            ], user: "nobody")
    }

    /// - Parameter seconds: how long one endpoint may take; etcdctl asks one after the other.
    static func etcdctl(
        _ arguments: [String], endpoints: [String], seconds: Int = 4, authority: String, client: String, user: String
    ) -> Self {
        .program(
            HealthCheck.Program(
                "/usr/local/bin/etcdctl", ["--command-timeout=\(seconds)s"] + arguments,
                environment: [
                    "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": endpoints.joined(separator: ","),
                    "ETCDCTL_CACERT": authority,
                    "ETCDCTL_CERT": "\(client).crt", "ETCDCTL_KEY": "\(client).key",
                ], user: user))
    }
}
