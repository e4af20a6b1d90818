import Diagnostics
import Values

/// Checks that names, addresses and MAC addresses are unique and that addresses can be used in the subnet.
///
/// However large a group is, what is wrong with it is one finding.
struct MachineChecks {
    let machines: [Machine]
    let network: ClusterNetwork?
    let addresses: AddressBook

    /// What two entries of the topology share, first seen at a pair of machines.
    private struct Clash {
        let first: Machine
        let second: Machine
        /// How many more pairs of the same two entries share the same.
        var others = 0
    }

    /// Above it a bundle's manifest, 1 KB a machine, has more than the 4 MiB that registries take.
    static let registryLimit = 4_000

    func run(_ report: inout Report) {
        let names = clashes(\.name)
        for clash in names { reportName(clash, &report) }
        for clash in clashes(\.address) where clash.first.name != clash.second.name {
            report.error(
                "\(clash.second.entry).address",
                "the address \(clash.second.address) of '\(clash.second.name)' is already used by '\(clash.first.name)'"
                    + more(clash),
                at: clash.second.addressPosition,
                help: "first used in line \(clash.first.position.line); " + suggestion(for: clash.second))
        }
        // A derived MAC address follows from the name: equal ones are what equal names bring about. One for a group is refused already.
        for clash in clashes(\.mac)
        where clash.first.name != clash.second.name && clash.first.entry != clash.second.entry {
            report.error(
                "\(clash.second.entry).mac",
                "the MAC address \(clash.second.mac) of '\(clash.second.name)' is already used by '\(clash.first.name)'",
                at: clash.second.position,
                help: "first used in line \(clash.first.position.line); every machine needs its own")
        }
        if let network { checkAddresses(in: network, &report) }
        checkCount(&report)
    }

    private func checkCount(_ report: inout Report) {
        // Too many machines for their subnet are told of already.
        guard machines.count > Self.registryLimit, let last = machines.last, !report.isFatal() else { return }
        if machines.count > ClusterConventions.machineLimit {
            report.error(
                "machines",
                "\(machines.count) machines are more than the \(ClusterConventions.machineLimit) of a bundle",
                at: last.position, help: "make several clusters")
        } else {
            report.warning(
                "machines",
                "no registry takes a bundle of \(machines.count) machines: its manifest has more than 4 MiB",
                at: last.position,
                help:
                    "carry the bundle as the file that it is; up to \(Self.registryLimit) machines go through a registry"
            )
        }
    }

    private func clashes<Value: Hashable>(_ value: (Machine) -> Value) -> [Clash] {
        var owners: [Value: Machine] = [:]
        var clashes: [Clash] = []
        var known: [String: Int] = [:]
        for machine in machines {
            guard let first = owners[value(machine)] else {
                owners[value(machine)] = machine
                continue
            }
            let pair = "\(first.entry) \(machine.entry)"
            if let index = known[pair] {
                clashes[index].others += 1
            } else {
                known[pair] = clashes.count
                clashes.append(Clash(first: first, second: machine))
            }
        }
        return clashes
    }

    private func more(_ clash: Clash) -> String {
        clash.others == 0 ? "" : ", and \(clash.others) more of its group are used too"
    }

    private func reportName(_ clash: Clash, _ report: inout Report) {
        let (first, second) = (clash.first, clash.second)
        let line = "first used in line \(first.position.line)"
        if first.address == second.address, first.role == second.role {
            report.error(
                second.entry, "the machine '\(second.name)' is described twice", at: second.position,
                help: "\(line); remove one")
            return
        }
        let others = clash.others == 0 ? "" : ", and \(clash.others) more names are used twice"
        report.error(
            "\(second.entry).name", "two machines are named '\(second.name)'\(others)", at: second.position,
            help: "\(line); every machine needs its own name")
    }

    private func checkAddresses(in network: ClusterNetwork, _ report: inout Report) {
        let subnet = network.subnet
        if let first = machines.first, machines.count > 1, machines.allSatisfy({ !subnet.contains($0.address) }) {
            report.error(
                "network.subnet", "no machine's address is inside network.subnet \(subnet)", at: first.addressPosition,
                help: "write the machines' network as 'subnet:', or give them addresses such as "
                    + (addresses.free(for: 1).map { "\($0)" } ?? "\(subnet.address)"))
            return
        }
        var seen: Set<String> = []
        for machine in machines where !seen.contains(machine.entry) {
            guard let problem = problem(of: machine.address, in: network) else { continue }
            seen.insert(machine.entry)
            report.error(
                "\(machine.entry).address", "the address \(machine.address) of '\(machine.name)' \(problem)",
                at: machine.addressPosition, help: suggestion(for: machine))
        }
    }

    private func problem(of address: IPv4Address, in network: ClusterNetwork) -> String? {
        let subnet = network.subnet
        switch address {
        case _ where !subnet.contains(address): return "is outside network.subnet \(subnet)"
        case subnet.address: return "is the network address of \(subnet)"
        case subnet.broadcast: return "is the broadcast address of \(subnet)"
        case network.gateway: return "is the gateway"
        case network.api: return "is network.api, which the load balancers share"
        default: return nil
        }
    }

    /// Addresses that nobody has, as many in a row as the entry needs.
    private func suggestion(for machine: Machine) -> String {
        guard let subnet = network?.subnet else { return "every machine needs its own address" }
        let count = machines.count { $0.entry == machine.entry }
        let last = subnet.broadcast.advanced(by: -1) ?? subnet.broadcast
        if let free = addresses.free(for: count) {
            return count == 1
                ? "choose an unused one up to \(last), such as \(free)"
                : "choose another first address: from \(free) on \(count) in a row are free"
        }
        return count == 1
            ? "no address of \(subnet) is free: use a larger subnet"
            : "\(subnet) does not have \(count) unused addresses in a row: use a larger subnet or a smaller group"
    }
}
