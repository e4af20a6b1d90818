import BundleFormat
import LaunchingSupport
import Testing

@testable import Launching
@testable import UTM

@Suite("UTM subnet")
struct UTMSubnetTests {
    @Test("DHCP ends below the lowest machine, wherever it stands in the plan")
    func end() throws {
        let machines = ["192.168.64.200", "192.168.64.3", "192.168.64.40"].map { UTMPlans.machine($0, address: $0) }
        let subnet = try UTMSubnet(try UTMPlans.changed(machines: machines))
        #expect("\(subnet.subnet)" == "192.168.64.0/24" && "\(subnet.dhcpEnd)" == "192.168.64.2")
    }

    @Test("a wide subnet: the lowest address is more than a byte away")
    func wide() throws {
        let plan = try UTMPlans.changed(
            subnet: "10.9.0.0/16", gateway: "10.9.0.1", machines: [UTMPlans.machine("a", address: "10.9.1.0")])
        #expect(try UTMSubnet(plan).dhcpEnd == address("10.9.0.255"))
    }

    @Test(
        "what macOS cannot give is refused, and said",
        arguments: [
            (
                "192.168.64.0/24", "192.168.64.254", "192.168.64.10",
                "the gateway 192.168.64.254 cannot be UTM's: macOS itself takes the first address of a shared network, which is 192.168.64.1 in 192.168.64.0/24. Set network.gateway: 192.168.64.1."
            ),
            (
                "192.168.64.0/24", "192.168.64.1", "192.168.64.2",
                "the lowest address of a machine, 192.168.64.2, leaves UTM's shared network no address of its own behind the gateway 192.168.64.1. Give the machines higher addresses."
            ),
            (
                "192.168.64.0/30", "192.168.64.1", "192.168.64.2",
                "'192.168.64.0/30' cannot be the subnet of UTM's shared network: expected CIDR notation with a prefix of 1 to 29"
            ),
        ])
    func refused(subnet: String, gateway: String, address: String, message: String) throws {
        let plan = try UTMPlans.changed(
            subnet: subnet, gateway: gateway, machines: [UTMPlans.machine("m", address: address)])
        let error = #expect(throws: UTMError.self) { try UTMSubnet(plan) }
        #expect(error?.description == message)
    }
}
