import Diagnostics
import TopologySpec
import Values

/// Resolves `network:` and checks the three ranges against each other.
struct NetworkResolver {
    let spec: NetworkSpec

    func resolve(_ report: inout Report) -> ClusterNetwork? {
        let subnet = range(spec.subnet, "network.subnet", default: "192.168.64.0/24", &report)
        let pods = range(spec.pods, "network.pods", default: "10.244.0.0/16", &report)
        let services = range(spec.services, "network.services", default: "10.96.0.0/12", &report)
        guard let subnet, let pods, let services else { return nil }
        checkSizes(subnet: subnet, services: services, &report)
        checkOverlaps(subnet: subnet, pods: pods, services: services, &report)
        let gateway = gateway(in: subnet, &report)
        let dns = (spec.dns ?? []).enumerated().map { index, text in
            address(text, "network.dns[\(index)]", default: gateway, &report)
        }
        guard let api = services.host(1), let dnsService = services.host(10) else { return nil }
        return ClusterNetwork(
            subnet: subnet, gateway: gateway, dns: dns.isEmpty ? [gateway] : dns, pods: pods, services: services,
            domain: domain(&report), apiServiceAddress: api, dnsServiceAddress: dnsService)
    }

    private func range(
        _ text: Located<String>?, _ subject: String, default fallback: String, _ report: inout Report
    ) -> IPv4Network? {
        do throws(IPv4Network.ParseFailure) {
            return try IPv4Network(parsing: text?.value ?? fallback)
        } catch {
            let written = text?.value ?? fallback
            switch error {
            case .notCIDR:
                report.error(
                    subject, "'\(written)' is not an IPv4 network", at: text?.position,
                    help: "expected CIDR notation, such as \(fallback)")
            case .hostBits(let network):
                report.error(
                    subject, "\(written) has bits set behind its prefix", at: text?.position,
                    help: "did you mean \(network)?")
            }
            return nil
        }
    }

    private func address(
        _ text: Located<String>, _ subject: String, default fallback: IPv4Address, _ report: inout Report
    ) -> IPv4Address {
        SettingParser.value(
            text, subject, default: fallback, expected: "an IPv4 address", example: "\(fallback)", &report
        ) { IPv4Address($0) }
    }

    private func gateway(in subnet: IPv4Network, _ report: inout Report) -> IPv4Address {
        let first = subnet.host(1) ?? subnet.address
        guard let text = spec.gateway else { return first }
        let gateway = address(text, "network.gateway", default: first, &report)
        if !subnet.contains(gateway) || gateway == subnet.address || gateway == subnet.broadcast {
            report.error(
                "network.gateway", "\(gateway) is not a host address of network.subnet \(subnet)", at: text.position,
                help: "usually the first address, \(first)")
        }
        return gateway
    }

    private func domain(_ report: inout Report) -> String {
        SettingParser.value(
            spec.domain, "network.domain", default: "cluster.local", expected: "a DNS domain", example: "cluster.local",
            &report
        ) { DNSLabel.isValidDomain($0) ? $0 : nil }
    }

    private func checkSizes(subnet: IPv4Network, services: IPv4Network, _ report: inout Report) {
        if !(8...29).contains(subnet.prefixLength) {
            report.error(
                "network.subnet", "\(subnet) has no room for a cluster, or too much", at: spec.subnet?.position,
                help: "expected a prefix of 8 to 29")
        }
        // kube-apiserver refuses an IPv4 service range of more than 20 bits; DNS needs the tenth address.
        if !(12...28).contains(services.prefixLength) {
            report.error(
                "network.services", "kube-apiserver does not accept the service range \(services)",
                at: spec.services?.position, help: "expected a prefix of 12 to 28")
        }
    }

    private func checkOverlaps(
        subnet: IPv4Network, pods: IPv4Network, services: IPv4Network, _ report: inout Report
    ) {
        let ranges = [
            ("network.subnet", subnet, spec.subnet), ("network.pods", pods, spec.pods),
            ("network.services", services, spec.services),
        ]
        for (index, second) in ranges.enumerated() {
            for first in ranges[..<index] where first.1.overlaps(second.1) {
                // Point at what was written: a default cannot be at fault.
                let (blamed, other) = second.2 != nil ? (second, first) : (first, second)
                let alternatives = ["10.112.0.0/12", "172.16.0.0/16", "10.200.0.0/16", "192.168.200.0/24"]
                let free = alternatives.first { text in
                    guard let network = try? IPv4Network(parsing: text) else { return false }
                    return ranges.allSatisfy { $0.0 == blamed.0 || !$0.1.overlaps(network) }
                }
                report.error(
                    blamed.0, "\(blamed.1) overlaps \(other.0) \(other.1)", at: blamed.2?.position,
                    help: "choose a range outside \(other.1)" + (free.map { ", for example \($0)" } ?? ""))
            }
        }
    }
}
