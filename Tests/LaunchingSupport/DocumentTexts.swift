package import BundleFormat
package import Launching
package import Values

/// Values as a test writes them, in text; text that is none is a mistake in the test.
package func value<Value>(_ text: String, _ parsed: Value?) -> Value {
    guard let parsed else { preconditionFailure("\(text) is no \(Value.self)") }
    return parsed
}

package func address(_ text: String) -> IPv4Address { value(text, IPv4Address(text)) }
package func network(_ text: String) -> IPv4Network { value(text, try? IPv4Network(parsing: text)) }

extension LaunchPlan {
    package init(
        cluster: String, architecture: Architecture, sharesKernel: Bool, subnet: String, gateway: String,
        boot: DirectBoot? = nil, machines: [LaunchDefinition]
    ) {
        self.init(
            cluster: cluster, architecture: architecture, sharesKernel: sharesKernel, subnet: network(subnet),
            gateway: address(gateway), boot: boot, machines: machines)
    }
}

extension LaunchDefinition {
    /// Memory and disk in MiB.
    package init(
        name: String, role: Role, uuid: String, mac: String, address: String, cpus: Int64, memory: Int, disk: Int,
        image: String, forwardMAC: String? = nil
    ) {
        self.init(
            name: name, role: role, uuid: value(uuid, MachineUUID(uuid)), mac: value(mac, MACAddress(mac)),
            address: value(address, IPv4Address(address)), cpus: cpus, memory: ByteSize(mebibytes: memory),
            disk: ByteSize(mebibytes: disk), image: image, forwardMAC: forwardMAC.map { value($0, MACAddress($0)) })
    }
}

extension HostNetwork {
    /// An interface's own address and its prefix, such as `192.168.64.1/24`.
    package init(interface: String, _ text: String) {
        let parts = text.split(separator: "/")
        let address = value(text, parts.first.flatMap { IPv4Address($0) })
        let length = value(text, parts.last.flatMap { Int($0) })
        self = value(text, HostNetwork(interface: interface, address: address, prefixLength: length))
    }
}
