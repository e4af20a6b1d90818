/// What a machine is for.
public enum Role: String, Sendable, Hashable, CaseIterable {
    case loadBalancer = "load-balancer"
    case vault
    case jump
    case etcd
    case controlPlane = "control-plane"
    case worker

    /// What a machine of this role gets when the topology does not say.
    var defaultSize: MachineSize {
        switch self {
        case .loadBalancer, .etcd: MachineSize(cpus: 2, memory: .gibibytes(2), disk: .gibibytes(20))
        case .vault, .jump: MachineSize(cpus: 2, memory: .gibibytes(4), disk: .gibibytes(20))
        case .controlPlane: MachineSize(cpus: 2, memory: .gibibytes(4), disk: .gibibytes(30))
        case .worker: MachineSize(cpus: 2, memory: .gibibytes(6), disk: .gibibytes(40))
        }
    }
}
