public import ClusterModel
public import Values

/// Who talks to whom inside a cluster: one row for each kind of connection that its machines make to one another.
public struct Connection: Sendable, Hashable {
    /// With what the caller shows who it is.
    public enum Proof: Sendable, Hashable {
        case certificate(LeafKind)
        case sshKey(SSHUser)
        /// Nothing: the other end asks for nothing, or the connection is passed on unopened.
        case nothing
    }

    /// Nil for the person at the host.
    public let from: Role?
    public let to: Role
    /// TCP.
    public let port: UInt16
    public let proof: Proof
    public let purpose: String

    private init(_ from: Role?, _ to: Role, _ port: UInt16, _ proof: Proof, _ purpose: String) {
        (self.from, self.to, self.port, self.proof, self.purpose) = (from, to, port, proof, purpose)
    }

    /// Those of a cluster with machines of these roles.
    public static func all(among roles: Set<Role>) -> [Connection] {
        // Without a load balancer the first control plane is where clients find the API.
        let api: Role = roles.contains(.loadBalancer) ? .loadBalancer : .controlPlane
        let port = ClusterConventions.apiPort
        var all = [
            Connection(nil, .jump, 22, .sshKey(.operator), "log in"),
            Connection(nil, api, port, .certificate(.admin), "kubectl"),
            Connection(.jump, api, port, .certificate(.admin), "kubectl, add-ons"),
            Connection(.jump, .vault, 8200, .nothing, "vault"),
            Connection(.jump, .etcd, 2379, .certificate(.etcdHealthcheckClient), "etcdctl"),
        ]
        for role in Role.allCases where role != .jump {
            all.append(Connection(.jump, role, 22, .sshKey(.jump), "log in, Ansible"))
        }
        if api == .loadBalancer {
            all.append(
                Connection(.loadBalancer, .controlPlane, port, .nothing, "passed on unopened, and health checks"))
        }
        all += [
            Connection(.controlPlane, .etcd, 2379, .certificate(.apiserverEtcdClient), "the API server's store"),
            Connection(.controlPlane, .worker, 10250, .certificate(.apiserverKubeletClient), "logs, exec"),
            Connection(.worker, api, port, .certificate(.kubeletClient), "kubelet"),
            Connection(.worker, api, port, .certificate(.kubeProxy), "kube-proxy"),
            Connection(.etcd, .etcd, 2380, .certificate(.etcdPeer), "Raft among members"),
        ]
        return all.filter { roles.contains($0.to) && ($0.from.map(roles.contains) ?? true) }
    }
}

extension Connection.Proof: CustomStringConvertible {
    public var description: String {
        switch self {
        case .certificate(let kind): "certificate \(kind.rawValue)"
        case .sshKey(let user): "SSH key of \(user == .operator ? "the operator" : "the jump host")"
        case .nothing: "no certificate"
        }
    }
}
