import Diagnostics
import TopologySpec
import Values

/// Resolves `network:` and checks the three ranges against each other and against what IPv4 keeps for itself.
struct NetworkResolver {
    let spec: NetworkSpec

    /// One of the three ranges, with what the topology says for it.
    private struct Range {
        let subject: String
        let network: IPv4Network
        let setting: Setting<IPv4Network>
    }

    func resolve(_ report: inout Report) -> ClusterNetwork? {
        guard let subnet = range("network.subnet", spec.subnet, default: "192.168.64.0/24"),
            let pods = range("network.pods", spec.pods, default: "10.244.0.0/16"),
            let services = range("network.services", spec.services, default: "10.96.0.0/12")
        else { return nil }
        // All three are looked at, whether or not the first is fit for use.
        let isUsable = [subnet, pods, services].map { checkUsable($0, &report) }.allSatisfy { $0 }
        guard isUsable else { return nil }
        guard checkSizes(subnet, pods, services, &report) else { return nil }
        checkOverlaps([subnet, pods, services], &report)
        let gateway = gateway(in: subnet.network, &report)
        checkAPI(in: subnet.network, gateway, &report)
        guard let api = services.network.host(1), let dnsService = services.network.host(10) else {
            return nil
        }
        let dns = spec.dns.compactMap(\.value)
        return ClusterNetwork(
            subnet: subnet.network, gateway: gateway, dns: dns.isEmpty ? [gateway] : dns, pods: pods.network,
            services: services.network, domain: spec.domain.value ?? "cluster.local", api: spec.api.value,
            apiServiceAddress: api,
            dnsServiceAddress: dnsService)
    }

    /// `nil` when it was refused.
    private func range(_ subject: String, _ setting: Setting<IPv4Network>, default fallback: String) -> Range? {
        guard !setting.isRefused, let network = setting.value ?? (try? IPv4Network(parsing: fallback)) else {
            return nil
        }
        return Range(subject: subject, network: network, setting: setting)
    }

    /// Ranges that no machine, pod or service can have (RFC 6890).
    private static let special = [
        ("0.0.0.0/8", "these addresses mean 'this network'"),
        ("127.0.0.0/8", "these are every machine's loopback addresses"),
        ("169.254.0.0/16", "these are link-local addresses, which are not routed"),
        ("224.0.0.0/4", "these are multicast addresses"),
        ("240.0.0.0/4", "these addresses are reserved"),
    ].compactMap { text, meaning in (try? IPv4Network(parsing: text)).map { (network: $0, meaning: meaning) } }

    private func checkUsable(_ range: Range, _ report: inout Report) -> Bool {
        guard let special = Self.special.first(where: { $0.network.overlaps(range.network) }) else { return true }
        report.error(
            range.subject, "\(range.network) cannot be used: \(special.meaning)",
            at: range.setting.position,
            help: "choose a private range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
        return false
    }

    private func gateway(in subnet: IPv4Network, _ report: inout Report) -> IPv4Address {
        let first = subnet.host(1) ?? subnet.address
        guard let gateway = spec.gateway.value else { return first }
        if !subnet.contains(gateway) || gateway == subnet.address || gateway == subnet.broadcast {
            report.error(
                "network.gateway", "\(gateway) is not a host address of network.subnet \(subnet)",
                at: spec.gateway.position, help: "usually the first address, \(first)")
        }
        return gateway
    }

    private func checkAPI(in subnet: IPv4Network, _ gateway: IPv4Address, _ report: inout Report) {
        guard let api = spec.api.value else { return }
        let isHost = subnet.contains(api) && api != subnet.address && api != subnet.broadcast
        guard !isHost || api == gateway else { return }
        report.error(
            "network.api",
            isHost ? "\(api) is the gateway" : "\(api) is not a host address of network.subnet \(subnet)",
            at: spec.api.position, help: "expected an address of \(subnet) that nobody has: the load balancers share it"
        )
    }

    private func checkSizes(_ subnet: Range, _ pods: Range, _ services: Range, _ report: inout Report) -> Bool {
        func check(_ range: Range, _ lengths: ClosedRange<Int>, for what: String) -> Bool {
            let length = range.network.prefixLength
            guard !lengths.contains(length) else { return true }
            report.error(
                range.subject, "\(range.network) is too \(length > lengths.upperBound ? "small" : "large") for \(what)",
                at: range.setting.position,
                help: "expected a prefix of /\(lengths.lowerBound) to /\(lengths.upperBound)")
            return false
        }
        // Calico gives addresses to nodes in blocks of /26. kube-apiserver refuses an IPv4 service range of more than 20 bits; DNS needs
        // the tenth address.
        return [
            check(subnet, 8...29, for: "the machines of a cluster"), check(pods, 8...26, for: "pods"),
            check(services, 12...28, for: "services"),
        ].allSatisfy { $0 }
    }

    private func checkOverlaps(_ ranges: [Range], _ report: inout Report) {
        for (index, second) in ranges.enumerated() {
            for first in ranges[..<index] where first.network.overlaps(second.network) {
                // Point at what was written: a default cannot be at fault.
                let (blamed, other) = second.setting.isAbsent ? (first, second) : (second, first)
                let alternatives = ["10.112.0.0/12", "172.16.0.0/16", "10.200.0.0/16", "192.168.200.0/24"]
                let free = alternatives.first { text in
                    guard let network = try? IPv4Network(parsing: text) else { return false }
                    return ranges.allSatisfy { $0.subject == blamed.subject || !$0.network.overlaps(network) }
                }
                report.error(
                    blamed.subject, "\(blamed.network) overlaps \(other.subject) \(other.network)",
                    at: blamed.setting.position,
                    help: "choose a range outside \(other.network)" + (free.map { ", for example \($0)" } ?? ""))
            }
        }
    }
}
