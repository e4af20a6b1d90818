import Crypto
import Diagnostics
import TopologySpec
import Values

/// Resolves `machines:`: expands groups, fills in sizes, derives MAC addresses and UUIDs.
struct MachineResolver {
    let clusterName: String
    let specs: [MachineSpec]
    let network: ClusterNetwork?
    let packages: PackageSets
    /// What is taken, for suggestions.
    let addresses: AddressBook
    private let names: Set<String>

    /// What `system:node:` leaves of a common name's 64 characters.
    static let longestNodeName = 52

    /// Names that mean something else on the machines or in a bundle.
    private static let reservedNames = [
        KeyKind.operatorName: "a bundle keeps your own files under it",
        "localhost": "every machine calls itself by it", "ip6-localhost": "every machine calls itself by it",
        "ip6-loopback": "every machine calls itself by it",
        "kubernetes": "the API server is known by it inside the cluster",
    ]

    init(clusterName: String, specs: [MachineSpec], network: ClusterNetwork?, packages: PackageSets) {
        self.clusterName = clusterName
        self.packages = packages
        self.specs = specs
        self.network = network
        addresses = AddressBook(specs, network)
        names = Set(specs.compactMap(\.name.value))
    }

    func resolve(_ report: inout Report) -> [Machine] {
        var ordinals: [Role: Int] = [:]
        return specs.flatMap { expand($0, &ordinals, &report) }
    }

    private func expand(_ spec: MachineSpec, _ ordinals: inout [Role: Int], _ report: inout Report) -> [Machine] {
        checkPresent(spec, &report)
        let count = spec.count.value
        checkName(spec, count, &report)
        if !spec.count.isAbsent, !spec.mac.isAbsent {
            report.error(
                "\(spec.path).mac", "a group cannot share one MAC address", at: spec.mac.position,
                help: "delete the key: each machine's is derived from its name")
        }
        guard let name = spec.name.value, let role = spec.role.value, let first = spec.address.value,
            !spec.count.isRefused
        else { return [] }
        guard first.advanced(by: (count ?? 1) - 1) != nil else {
            report.error(
                "\(spec.path).count", "the group's addresses run past the end of IPv4", at: spec.count.position,
                help: "choose a lower first address")
            return []
        }
        let size = size(of: spec, role)
        let packages = packages.packages(of: spec)
        return (0..<(count ?? 1)).compactMap { index in
            guard let address = first.advanced(by: index) else { return nil }
            let machineName = count == nil ? name : "\(name)-\(index + 1)"
            let identity = SHA256.hash(data: Array("slipway machine \(clusterName)/\(machineName)".utf8))
            let ordinal = ordinals[role, default: 0]
            ordinals[role] = ordinal + 1
            return Machine(
                name: machineName, role: role, address: address,
                mac: spec.mac.value ?? MACAddress(locallyAdministered: identity.dropFirst(16)),
                forwardMAC: isEntrance(role, ordinal) ? MACAddress(locallyAdministered: identity.dropFirst(22)) : nil,
                uuid: MachineUUID(digest: identity), size: size, packages: packages, ordinal: ordinal,
                position: spec.name.position ?? spec.position,
                addressPosition: spec.address.position ?? spec.position, entry: spec.path,
                isMACWritten: !spec.mac.isAbsent)
        }
    }

    /// Whether a host outside of the machines' network comes in here: to SSH by the jump host, to the API by the first load
    /// balancer, or without any the first control plane.
    private func isEntrance(_ role: Role, _ ordinal: Int) -> Bool {
        let hasBalancer = specs.contains { $0.role.value == .loadBalancer }
        return role == .jump || (ordinal == 0 && role == (hasBalancer ? .loadBalancer : .controlPlane))
    }

    private func checkPresent(_ spec: MachineSpec, _ report: inout Report) {
        if spec.role.isAbsent {
            report.error(
                "\(spec.path).role", "the machine has no role", at: spec.position,
                help: "expected one of: " + Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if spec.name.isAbsent {
            let example = unused((spec.role.value ?? .worker).rawValue)
            report.error(
                "\(spec.path).name", "the machine has no name", at: spec.position, help: "add 'name: \(example)'")
        }
        if spec.address.isAbsent {
            let free = addresses.free(for: spec.count.value ?? 1)
            report.error(
                "\(spec.path).address", "the machine has no address", at: spec.position,
                help: free.map { "add 'address: \($0)'" } ?? "add 'address:'; none is free in network.subnet")
        }
    }

    private func checkName(_ spec: MachineSpec, _ count: Int?, _ report: inout Report) {
        guard let name = spec.name.value else { return }
        let longest = count.map { "\(name)-\($0)" } ?? name
        if !DNSLabel.isValid(longest) {
            let better = DNSLabel.corrected(name).map { "did you mean '\(unused($0))'? " } ?? ""
            let isLong = longest.utf8.count > 63 && DNSLabel.corrected(name) == String(name.prefix(63))
            report.error(
                "\(spec.path).name", isLong ? "'\(longest)' is too long" : "'\(name)' cannot be a machine's name",
                at: spec.name.position,
                help: isLong
                    ? "a machine's name has at most 63 characters, here \(longest.utf8.count)"
                    : better + "expected 1 to 63 of a-z, 0-9 and -, not beginning or ending with -")
        } else if spec.role.value == .worker, longest.utf8.count > Self.longestNodeName {
            // The kubelet's certificate is for `system:node:NAME`, and a common name has at most 64 characters (RFC 5280).
            report.error(
                "\(spec.path).name", "'\(longest)' is longer than a node's name may be", at: spec.name.position,
                help: "its certificate has room for at most \(Self.longestNodeName) characters")
        } else if spec.count.isAbsent, let reason = Self.reservedNames[name] {
            report.error(
                "\(spec.path).name", "no machine can be named '\(name)': \(reason)", at: spec.name.position,
                help: "choose another name, such as \(unused((spec.role.value ?? .worker).rawValue))")
        }
    }

    /// The name, or with a number behind it when another machine has it.
    private func unused(_ name: String) -> String {
        let isTaken = { (name: String) in names.contains(name) || Self.reservedNames[name] != nil }
        guard isTaken(name) else { return name }
        return (2...(names.count + 3)).lazy.map { "\(name)-\($0)" }.first { !isTaken($0) } ?? name
    }

    private func size(of spec: MachineSpec, _ role: Role) -> MachineSize {
        let standard = role.defaultSize
        return MachineSize(
            cpus: spec.cpus.value ?? standard.cpus, memory: spec.memory.value ?? standard.memory,
            disk: spec.disk.value ?? standard.disk)
    }
}

/// Which addresses of the subnet are taken, to suggest only others.
struct AddressBook {
    private let network: ClusterNetwork?
    /// Taken ranges, by their first address.
    private let taken: [ClosedRange<UInt32>]

    init(_ specs: [MachineSpec], _ network: ClusterNetwork?) {
        self.network = network
        let gateway = network.map { $0.gateway.rawValue...$0.gateway.rawValue }
        let machines = specs.compactMap { spec -> ClosedRange<UInt32>? in
            guard let first = spec.address.value,
                let last = first.advanced(by: (spec.count.value ?? 1) - 1)
            else { return nil }
            return first.rawValue...last.rawValue
        }
        let api = network?.api.map { $0.rawValue...$0.rawValue }
        taken = (machines + [gateway, api].compactMap { $0 }).sorted { $0.lowerBound < $1.lowerBound }
    }

    /// The first of so many free addresses in a row: from the tenth host on, where people begin, else from the first.
    func free(for count: Int) -> IPv4Address? {
        guard let subnet = network?.subnet, count < subnet.count - 1 else { return nil }
        return [10, 1].lazy.compactMap { free(for: count, in: subnet, from: $0) }.first
    }

    private func free(for count: Int, in subnet: IPv4Network, from offset: Int) -> IPv4Address? {
        var candidate = Int(subnet.address.rawValue) + offset
        for range in taken where Int(range.upperBound) >= candidate {
            if Int(range.lowerBound) >= candidate + count { break }
            candidate = Int(range.upperBound) + 1
        }
        guard candidate + count <= Int(subnet.broadcast.rawValue) else { return nil }
        return UInt32(exactly: candidate).map(IPv4Address.init(rawValue:))
    }
}
