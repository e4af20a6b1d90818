import BundleFormat
import Launching

/// A network card: an element of the section `Network`.
///
/// The network is vmnet's shared one, which the host is in too. Its subnet is named on every machine, because without that
/// each Mac has another one. macOS takes the subnet's first address for itself; its DHCP server, which no machine asks,
/// keeps to the addresses up to ``dhcpEnd`` and thereby clear of the machines'.
struct UTMNetwork: Hashable, Sendable {
    var hardware = "virtio-net-pci"
    /// Upper case with colons, as UTM writes them.
    var mac: String
    var mode = "Shared"
    /// CIDR notation.
    var subnet: String
    /// The last address that DHCP may give.
    var dhcpEnd: String

    init(mac: String, subnet: String, dhcpEnd: String) {
        self.mac = mac
        self.subnet = subnet
        self.dhcpEnd = dhcpEnd
    }

    var propertyList: PropertyList {
        [
            "Hardware": .string(hardware), "IsolateFromHost": false, "MacAddress": .string(mac), "Mode": .string(mode),
            "PortForward": [], "VlanDhcpEndAddress": .string(dhcpEnd), "VlanGuestAddress": .string(subnet),
        ]
    }
}

/// The subnet as vmnet will have it: macOS has the first address, DHCP the next ones, machines the rest.
struct UTMSubnet: Hashable {
    /// CIDR notation.
    let subnet: String
    /// The last address that DHCP may give.
    let dhcpEnd: String

    /// - Throws: ``UTMError/badSubnet(_:)``, ``UTMError/badGateway(gateway:first:subnet:)``,
    ///   ``UTMError/noRoomForDHCP(lowest:gateway:)`` or ``UTMError/outsideSubnet(machine:address:subnet:)``
    init(_ plan: LaunchPlan) throws(UTMError) {
        guard let network = HostNetwork(interface: "vmnet", plan.subnet), network.prefix > 0, network.prefix < 30 else {
            throw .badSubnet(plan.subnet)
        }
        let base = network.address & (~0 << UInt32(32 - network.prefix))
        guard Self.number(plan.gateway) == base + 1 else {
            throw .badGateway(gateway: plan.gateway, first: HostNetwork.dotted(base + 1), subnet: plan.subnet)
        }
        var lowest: UInt32?
        for machine in plan.machines {
            guard let address = Self.number(machine.address),
                network.overlaps(HostNetwork(interface: "", address: address, prefix: 32))
            else { throw .outsideSubnet(machine: machine.name, address: machine.address, subnet: plan.subnet) }
            lowest = min(lowest ?? address, address)
        }
        let last = (lowest ?? base + 10) - 1
        // vmnet wants its end above its start, and the start is the gateway.
        guard last > base + 1 else { throw .noRoomForDHCP(lowest: HostNetwork.dotted(last + 1), gateway: plan.gateway) }
        subnet = plan.subnet
        dhcpEnd = HostNetwork.dotted(last)
    }

    /// In host byte order; nil when it is no address.
    static func number(_ text: String) -> UInt32? { HostNetwork(interface: "", "\(text)/32")?.address }
}
