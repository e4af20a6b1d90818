import BundleFormat
import HostSystem
import Launching
import Values

/// The commands that make an instance's network: a namespace with a bridge that has the gateway's address, and a
/// namespace for each machine with one cable to the bridge.
///
/// Nothing is in the host's own network: the machines reach each other and the gateway's address, and nothing else.
struct NspawnNetwork: Hashable {
    let names: NspawnNames
    let gateway: IPv4Address
    /// Bits of the subnet's prefix.
    let prefix: Int

    init(names: NspawnNames, plan: LaunchPlan) {
        self.names = names
        gateway = plan.gateway
        prefix = plan.subnet.prefixLength
    }

    func add(_ namespace: String) -> ExternalCommand { ExternalCommand(["ip", "netns", "add", namespace]) }

    func delete(_ namespace: String) -> ExternalCommand { ExternalCommand(["ip", "netns", "delete", namespace]) }

    var bridge: ExternalCommand {
        batch(
            in: names.network,
            """
            link set lo up
            link add \(NspawnNames.bridge) type bridge
            address add \(gateway)/\(prefix) dev \(NspawnNames.bridge)
            link set \(NspawnNames.bridge) up
            """)
    }

    /// Succeeds when the bridge is as it should be; the last step of ``bridge`` is what it looks for.
    var bridgeState: ExternalCommand {
        ExternalCommand(["ip", "-n", names.network, "-o", "link", "show", NspawnNames.bridge, "up"])
    }

    /// All cables, one line each.
    var ports: ExternalCommand { ExternalCommand(["ip", "-n", names.network, "-o", "link", "show", "type", "veth"]) }

    /// All interfaces, one line each.
    var links: ExternalCommand { ExternalCommand(["ip", "-n", names.network, "-o", "link", "show"]) }

    /// The routes to everywhere, of both families: there are none.
    var routes: [ExternalCommand] {
        ["-4", "-6"].map { ExternalCommand(["ip", "-n", names.network, $0, "route", "show", "default"]) }
    }

    /// Of the lines `2: lan: <…>` and `3: v0123456789ab@if2: <…>` those interfaces that are neither the loopback, nor the bridge, nor a
    /// machine's cable. Kernels make some that lead nowhere in every namespace, which are down.
    static func strangers(in links: String) -> [String] {
        links.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ": ", maxSplits: 2)
            guard parts.count == 3, parts[2].contains("UP") else { return nil }
            let name = String(parts[1].prefix { $0 != "@" })
            let isCable = name.count == 13 && name.hasPrefix("v") && parts[2].contains(" master \(NspawnNames.bridge) ")
            return name == "lo" || name == NspawnNames.bridge || isCable ? nil : name
        }
    }

    /// Takes away a cable whose other end is in a namespace that is being taken apart by the kernel, which takes its time.
    func unplug(_ machine: LaunchDefinition) -> ExternalCommand {
        ExternalCommand(["ip", "-n", names.network, "link", "delete", names.port(mac: machine.mac)])
    }

    func cable(_ machine: LaunchDefinition) -> ExternalCommand {
        let port = names.port(mac: machine.mac)
        return batch(
            in: names.network,
            """
            link add \(port) type veth peer name \(NspawnNames.interface) address \(machine.mac) netns \(names.network(of: machine.name))
            link set \(port) master \(NspawnNames.bridge) up
            """)
    }

    /// cloud-init cannot do this in a container: it does not match a cable by its MAC address.
    func address(_ machine: LaunchDefinition) -> ExternalCommand {
        batch(
            in: names.network(of: machine.name),
            """
            link set lo up
            address add \(machine.address)/\(prefix) dev \(NspawnNames.interface)
            link set \(NspawnNames.interface) up
            route add default via \(gateway)
            """)
    }

    private func batch(in namespace: String, _ lines: String) -> ExternalCommand {
        ExternalCommand(["ip", "-n", namespace, "-batch", "-"], input: .text(lines + "\n"))
    }
}
