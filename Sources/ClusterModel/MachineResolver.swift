import Crypto
import Diagnostics
import TopologySpec
import Values

/// Resolves `machines:`: expands groups, fills in sizes, derives MAC addresses and UUIDs.
struct MachineResolver {
    let clusterName: String
    let specs: [MachineSpec]
    let network: ClusterNetwork?

    /// Groups larger than this are refused; Kubernetes itself is tested to 5,000 nodes.
    static let largestGroup = 10_000

    /// What `system:node:` leaves of a common name's 64 characters.
    static let longestNodeName = 52

    func resolve(_ report: inout Report) -> [Machine] {
        var ordinals: [Role: Int] = [:]
        var machines: [Machine] = []
        for (index, spec) in specs.enumerated() {
            machines += expand(spec, "machines[\(index)]", &ordinals, &report)
        }
        return machines
    }

    private func expand(
        _ spec: MachineSpec, _ path: String, _ ordinals: inout [Role: Int], _ report: inout Report
    ) -> [Machine] {
        let role = self.role(of: spec, path, &report)
        let size = role.map { self.size(of: spec, $0, path, &report) }
        let first = self.address(of: spec, path, &report)
        let count = self.count(of: spec, path, &report)
        guard let name = self.name(of: spec, role, path, count, &report), let role, let size, let first else {
            return []
        }
        let mac = self.mac(of: spec, path, &report)
        return (0..<(count ?? 1)).compactMap { index in
            guard let address = first.advanced(by: index) else {
                report.error(
                    "\(path).count", "the group's addresses run past the end of IPv4", at: spec.count?.position,
                    help: "choose a lower first address")
                return nil
            }
            let machineName = count == nil ? name : "\(name)-\(index + 1)"
            let identity = SHA256.hash(data: Array("slipway machine \(clusterName)/\(machineName)".utf8))
            let ordinal = ordinals[role, default: 0]
            ordinals[role] = ordinal + 1
            return Machine(
                name: machineName, role: role, address: address,
                mac: mac ?? MACAddress(locallyAdministered: identity.dropFirst(16)),
                forwardMAC: role == .jump ? MACAddress(locallyAdministered: identity.dropFirst(22)) : nil,
                uuid: MachineUUID(digest: identity),
                size: size, ordinal: ordinal, position: spec.name?.position ?? spec.position,
                addressPosition: spec.address?.position ?? spec.position)
        }
    }

    private func role(of spec: MachineSpec, _ path: String, _ report: inout Report) -> Role? {
        guard let text = spec.role else {
            report.error(
                "\(path).role", "the machine has no role", at: spec.position,
                help: "expected one of: " + Role.allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        if let role = Role(rawValue: text.value) { return role }
        report.error(
            "\(path).role", "'\(text.value)' is not a role", at: text.position,
            help: Suggestion.help(for: text.value, among: Role.allCases.map(\.rawValue)))
        return nil
    }

    private func name(
        of spec: MachineSpec, _ role: Role?, _ path: String, _ count: Int?, _ report: inout Report
    ) -> String? {
        guard let name = spec.name else {
            report.error("\(path).name", "the machine has no name", at: spec.position, help: "add 'name: worker-1'")
            return nil
        }
        let longest = count.map { "\(name.value)-\($0)" } ?? name.value
        if !DNSLabel.isValid(longest) {
            let better = DNSLabel.corrected(name.value).map { "did you mean '\($0)'? " } ?? ""
            report.error(
                "\(path).name", "'\(longest)' is not an RFC 1123 label", at: name.position,
                help: better + "expected 1 to 63 of a-z, 0-9 and -, not beginning or ending with -")
        }
        // The kubelet's certificate is for `system:node:NAME`, and a common name has at most 64 characters (RFC 5280).
        if role == .worker, longest.utf8.count > Self.longestNodeName {
            report.error(
                "\(path).name", "'\(longest)' is longer than a node's name may be", at: name.position,
                help: "its certificate has room for at most \(Self.longestNodeName) characters")
        }
        return name.value
    }

    private func address(of spec: MachineSpec, _ path: String, _ report: inout Report) -> IPv4Address? {
        guard let text = spec.address else {
            let example = network.flatMap { $0.subnet.host(10) }.map { "\($0)" } ?? "192.168.64.10"
            report.error(
                "\(path).address", "the machine has no address", at: spec.position, help: "add 'address: \(example)'")
            return nil
        }
        if let address = IPv4Address(text.value) { return address }
        report.error(
            "\(path).address", "'\(text.value)' is not an IPv4 address", at: text.position,
            help: "expected four numbers from 0 to 255 with dots, no leading zeros")
        return nil
    }

    private func count(of spec: MachineSpec, _ path: String, _ report: inout Report) -> Int? {
        guard let count = spec.count else { return nil }
        if (1...Self.largestGroup).contains(count.value) { return count.value }
        report.error(
            "\(path).count", "a group of \(count.value) is not possible", at: count.position,
            help: "expected 1 to \(Self.largestGroup)")
        return 1
    }

    private func mac(of spec: MachineSpec, _ path: String, _ report: inout Report) -> MACAddress? {
        guard let text = spec.mac else { return nil }
        if spec.count != nil {
            report.error(
                "\(path).mac", "a group cannot share one MAC address", at: text.position,
                help: "leave it out: each machine's is derived from its name")
        }
        guard let mac = MACAddress(text.value), mac.isUnicast else {
            report.error(
                "\(path).mac", "'\(text.value)' is not a unicast MAC address", at: text.position,
                help: "expected six bytes, such as 52:54:00:12:34:56, or leave it out")
            return nil
        }
        return mac
    }

    private func size(of spec: MachineSpec, _ role: Role, _ path: String, _ report: inout Report) -> MachineSize {
        var size = role.defaultSize
        if let cpus = spec.cpus {
            if !(1...256).contains(cpus.value) {
                report.error(
                    "\(path).cpus", "\(cpus.value) CPUs are not possible", at: cpus.position, help: "expected 1 to 256")
            }
            size.cpus = cpus.value
        }
        size.memory = amount(
            spec.memory, "\(path).memory", default: size.memory, least: ByteSize(mebibytes: 128), &report)
        size.disk = amount(spec.disk, "\(path).disk", default: size.disk, least: .gibibytes(2), &report)
        return size
    }

    private func amount(
        _ text: Located<String>?, _ path: String, default fallback: ByteSize, least: ByteSize, _ report: inout Report
    ) -> ByteSize {
        guard let text else { return fallback }
        guard let amount = ByteSize(text.value) else {
            let number = text.value.prefix { ("0"..."9").contains($0) }
            report.error(
                path, "'\(text.value)' is not a size", at: text.position,
                help: "expected a number with MiB, GiB or TiB, such as \(number.isEmpty ? "2" : number)GiB")
            return fallback
        }
        if amount < least {
            report.error(path, "\(amount) is too small", at: text.position, help: "expected at least \(least)")
        }
        return amount
    }
}
