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
