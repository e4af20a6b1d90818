import HostSystem
import Launching
import Values

/// QEMU's user-mode network behind the jump host's second interface, whose one use is a port of the host's loopback that
/// leads to the guest's SSH.
struct QemuUserNetwork: Hashable, Sendable {
    /// Never the cluster's, where the guest would have two ways to the same addresses.
    let network: IPv4Network
    /// On 127.0.0.1 of the host.
    let port: Int

    /// - Parameter subnet: the cluster's network.
    init(port: Int, avoiding subnet: IPv4Network) {
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
    /// and the forwarded port works all the same. The guest's address is the first of DHCP, which is where QEMU forwards to.
    var argument: String {
        QemuOption.list(
            "user", "id=forward", "ipv6=off", "restrict=on", "net=\(network)", "hostfwd=tcp:127.0.0.1:\(port)-:22")
    }
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
