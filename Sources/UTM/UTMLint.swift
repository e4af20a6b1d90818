import BundleFormat
import HostSystem
import Launching
import Values

/// Looks over the configurations of all machines of an instance for what UTM does not refuse by itself.
struct UTMLint: Sendable {
    /// By machine, in the plan's order.
    let machines: [(definition: LaunchDefinition, configuration: UTMConfiguration)]

    init(_ machines: [(definition: LaunchDefinition, configuration: UTMConfiguration)]) {
        self.machines = machines
    }

    /// What is wrong with the configurations; nothing, when they are right.
    func defects() -> [UTMDefect] {
        machines.flatMap { machine in
            let name = machine.definition.name
            return hardware(of: machine.configuration, name) + identity(of: machine.configuration, name)
                + drives(of: machine.configuration, name) + networks(of: machine.configuration, name)
        } + duplicates()
    }

    /// - Throws: ``UTMError/defects(_:)``
    func check() throws(UTMError) {
        let found = defects()
        guard found.isEmpty else { throw .defects(found) }
    }

    // MARK: One machine

    private func hardware(of configuration: UTMConfiguration, _ name: String) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        func expect(_ value: String, in known: [String], _ section: String) {
            guard !known.contains(value) else { return }
            defects.append(.unknownHardware(machine: name, section: section, name: value, known: known))
        }
        let system = configuration.system
        expect(system.target, in: UTMHardware.targets(system.architecture), "System.Target")
        expect(system.cpu, in: UTMHardware.processors, "System.CPU")
        for network in configuration.networks {
            expect(network.hardware, in: UTMHardware.networkCards, "Network.Hardware")
            expect(network.mode, in: UTMHardware.networkModes, "Network.Mode")
        }
        for drive in configuration.drives {
            expect(drive.interface, in: UTMHardware.driveInterfaces, "Drive.Interface")
        }
        if system.memory < 1 || system.cpuCount < 1 { defects.append(.noMemory(machine: name)) }
        return defects
    }

    private func identity(of configuration: UTMConfiguration, _ name: String) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        if UTMNames.stripped(configuration.information.name).isEmpty { defects.append(.emptyName(machine: name)) }
        let uuid = configuration.information.uuid
        if !Self.isUUID(uuid) { defects.append(.malformedUUID(machine: name, uuid: uuid)) }
        return defects
    }

    private func drives(of configuration: UTMConfiguration, _ name: String) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        var serials: Set<String> = []
        for drive in configuration.drives {
            if !serials.insert(drive.serial).inserted {
                defects.append(.duplicateDrive(machine: name, identifier: drive.serial))
            }
            if drive.imageName.isEmpty || drive.imageName.hasPrefix(".") || drive.imageName.contains("/") {
                defects.append(.notRegularName(machine: name, file: drive.imageName))
            }
            if drive.imageType == .cd, !drive.isReadOnly {
                defects.append(.writableCD(machine: name, file: drive.imageName))
            }
        }
        return defects
    }

    private func networks(of configuration: UTMConfiguration, _ name: String) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        for network in configuration.networks {
            if !Self.isMAC(network.mac) { defects.append(.malformedMAC(machine: name, mac: network.mac)) }
            if let other = machines.first?.configuration.networks.first?.subnet, other != network.subnet {
                defects.append(.differentSubnets(machine: name, subnet: network.subnet, other: other))
            }
            guard let end = IPv4Address(network.dhcpEnd) else { continue }
            for (definition, _) in machines where definition.address <= end {
                defects.append(
                    .overlappingDHCP(
                        machine: name, end: network.dhcpEnd, lowest: "\(definition.address)", owner: definition.name))
            }
        }
        return defects
    }

    // MARK: All machines

    private func duplicates() -> [UTMDefect] {
        duplicates("name in QEMU") { [UTMNames.stripped($0.information.name).lowercased()] }
            + duplicates("UUID") { [$0.information.uuid.uppercased()] }
            + duplicates("MAC address") { $0.networks.map { $0.mac.uppercased() } }
    }

    private func duplicates(_ what: String, _ values: (UTMConfiguration) -> [String]) -> [UTMDefect] {
        var owners: [String: [String]] = [:]
        for (definition, configuration) in machines {
            for value in values(configuration) { owners[value, default: []].append(definition.name) }
        }
        return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map {
            .duplicate(what: what, value: $0.key, machines: $0.value)
        }
    }

    // MARK: Spelling

    /// A single interface's, in either case.
    static func isMAC(_ text: String) -> Bool { MACAddress(text)?.isUnicast == true }

    static func isUUID(_ text: String) -> Bool { MachineUUID(text) != nil }
}

/// The names of hardware that UTM offers for the two boards that are used. UTM takes any other text too, and hands it to
/// QEMU, which then does not start.
enum UTMHardware {
    static func targets(_ architecture: UTMSystem.Architecture) -> [String] {
        switch architecture {
        case .aarch64: ["virt"]
        case .x86: ["q35", "pc"]
        }
    }

    /// Those of QEMU's cards that both boards have and Linux drives without a module from elsewhere.
    static let networkCards = ["virtio-net-pci", "e1000", "e1000e", "igb", "vmxnet3", "rtl8139"]

    static let networkModes = ["Emulated", "Shared", "Host", "Bridged"]

    static let processors = ["default", "host", "max"]

    static let driveInterfaces = ["VirtIO", "USB", "NVMe", "SCSI", "IDE"]
}
