import BundleFormat
import Launching
import Values

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
    let subnet: IPv4Network
    /// The last address that DHCP may give.
    let dhcpEnd: IPv4Address

    /// - Throws: ``UTMError/badSubnet(_:)``, ``UTMError/badGateway(gateway:first:subnet:)`` or
    ///   ``UTMError/noRoomForDHCP(lowest:gateway:)``
    init(_ plan: LaunchPlan) throws(UTMError) {
        subnet = plan.subnet
        guard (1...29).contains(subnet.prefixLength), let first = subnet.host(1) else {
            throw .badSubnet("\(subnet)")
        }
        guard plan.gateway == first else {
            throw .badGateway(gateway: "\(plan.gateway)", first: "\(first)", subnet: "\(subnet)")
        }
        let lowest = plan.machines.map(\.address).min() ?? first.advanced(by: 9) ?? first
        // vmnet wants its end above its start, and the start is the gateway.
        guard let last = lowest.advanced(by: -1), last > first else {
            throw .noRoomForDHCP(lowest: "\(lowest)", gateway: "\(plan.gateway)")
        }
        dhcpEnd = last
    }
}
