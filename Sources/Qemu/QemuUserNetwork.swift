import BundleFormat
import HostSystem
import Launching
import Values

/// QEMU's user-mode network behind a machine's second interface, whose one use is a port of the host's loopback: on the jump
/// host it leads to SSH, on the cluster's endpoint to the API.
struct QemuUserNetwork: Hashable, Sendable {
    /// Never the cluster's, where the guest would have two ways to the same addresses.
    let network: IPv4Network
    /// On 127.0.0.1 of the host.
    let port: Int
    let destination: Destination

    enum Destination: Hashable, Sendable {
        case ssh
        /// At the address that the machine has in the cluster's network.
        case api(IPv4Address)
    }

    /// - Parameter subnet: the cluster's network.
    init(_ destination: Destination, port: Int, avoiding subnet: IPv4Network) {
        self.destination = destination
        self.port = port
        // 2 is what QEMU takes unasked. /24 networks: no subnet leaves none of 254 free unless it is 10.0.0.0/16 or wider.
        let candidates = ([10 << 24, 192 << 24 | 168 << 16] as [UInt32]).flatMap { start in
            (2...254 as ClosedRange<UInt32>).compactMap { number in
                IPv4Network(containing: IPv4Address(rawValue: start | number << 8), prefixLength: 24)
            }
        }
        network = candidates.first { !$0.overlaps(subnet) } ?? candidates[0]
    }

    /// Restricted: the guest reaches neither the host nor what is beyond, gets no route and no name server with its address,
    /// and the forwarded port works all the same. The guest's address is the first of DHCP, which is where QEMU forwards to
    /// unless it is told another: a Linux guest answers at each interface for all of its addresses, and what listens at the
    /// cluster's alone is found there (ip-sysctl.rst, arp_ignore 0).
    var argument: String {
        QemuOption.list(
            "user", "id=forward", "ipv6=off", "restrict=on", "net=\(network)", "hostfwd=tcp:127.0.0.1:\(port)-\(target)"
        )
    }

    private var target: String {
        switch destination {
        case .ssh: ":22"
        case .api(let address): "\(address):\(ClusterConventions.apiPort)"
        }
    }
}

/// The ports of the host's loopback that lead into the machines' network.
struct QemuPorts: Hashable, Sendable {
    /// To the jump host's SSH.
    var ssh: Int?
    /// To the cluster's API.
    var api: Int?

    /// The user-mode network that a machine gets; nil for one without a second interface, and for one that nothing leads to.
    func network(of machine: LaunchDefinition, in plan: LaunchPlan) -> QemuUserNetwork? {
        if machine == plan.sshEntrance { return ssh.map { QemuUserNetwork(.ssh, port: $0, avoiding: plan.subnet) } }
        guard machine == plan.apiEntrance else { return nil }
        return api.map { QemuUserNetwork(.api(machine.address), port: $0, avoiding: plan.subnet) }
    }
}

extension LaunchPlan {
    /// The machine through whose second interface the host reaches SSH.
    var sshEntrance: LaunchDefinition? { machines.first { $0.role == .jump && $0.forwardMAC != nil } }
    /// The machine through whose second interface the host reaches the API.
    var apiEntrance: LaunchDefinition? { apiEntrances.first { $0.forwardMAC != nil } }
}

extension LoopbackPort {
    /// The port that was asked for, or the one of the last time, or else one that the instance's tag leads to, so that it is
    /// mostly the same after a destroy.
    ///
    /// - Throws: ``LaunchError/portInUse(_:)`` only for a port that was asked for.
    static func choose(
        wanted: Int?, last: Int?, tag: String, isFree: (Int) -> Bool = isFree
    ) throws(LaunchError) -> Int {
        if let wanted {
            guard isFree(wanted) else { throw .portInUse(wanted) }
            return wanted
        }
        // Below the range that Linux and macOS give to outgoing connections.
        let first = 22_000 + (Int(tag.suffix(4), radix: 16) ?? 0) % 8_000
        let candidates = (last.map { [$0] } ?? []) + (0..<1000).map { 22_000 + (first - 22_000 + $0) % 8_000 }
        guard let port = candidates.first(where: isFree) else { throw .portInUse(first) }
        return port
    }
}
