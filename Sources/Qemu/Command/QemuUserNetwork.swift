import Launching

/// QEMU's user-mode network behind the jump host's second interface, whose one use is a port of the host's loopback that
/// leads to the guest's SSH.
struct QemuUserNetwork: Hashable, Sendable {
    /// CIDR notation; never the cluster's, where the guest would have two ways to the same addresses.
    let network: String
    /// On 127.0.0.1 of the host.
    let port: Int

    /// - Parameter subnet: the cluster's network. One that is not IPv4 in CIDR notation overlaps nothing.
    init(port: Int, avoiding subnet: String) {
        self.port = port
        let taken = HostNetwork(interface: "", subnet)
        // 2 is what QEMU takes unasked. /24 networks: no subnet leaves none of 254 free unless it is 10.0.0.0/16 or wider.
        let candidates = (2...254).map { "10.0.\($0).0/24" } + (2...254).map { "192.168.\($0).0/24" }
        network =
            candidates.first { candidate in
                guard let taken, let network = HostNetwork(interface: "", candidate) else { return true }
                return !network.overlaps(taken)
            } ?? "10.0.2.0/24"
    }

    /// Restricted: the guest reaches neither the host nor what is beyond, gets no route and no name server with its address,
    /// and the forwarded port works all the same. The guest's address is the first of DHCP, which is where QEMU forwards to.
    var argument: String {
        QemuOption.list(
            "user", "id=forward", "ipv6=off", "restrict=on", "net=\(network)", "hostfwd=tcp:127.0.0.1:\(port)-:22")
    }
}
