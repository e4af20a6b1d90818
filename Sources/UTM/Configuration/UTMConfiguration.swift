import Archive
import BundleFormat
import Values

/// A machine's `config.plist` for UTM's QEMU backend: every key that UTM requires, and of the others those that are used.
///
/// Version 4 is what UTM 4.0 and later read. UTM decodes types strictly, but takes any name of hardware and any MAC address
/// and fails when the machine starts: ``UTMLint`` looks at those.
struct UTMConfiguration: Hashable, Sendable {
    var information: UTMInformation
    var system: UTMSystem
    var emulator: UTMEmulator
    var drives: [UTMDrive]
    var networks: [UTMNetwork]

    /// - Parameters:
    ///   - name: as UTM will list it.
    ///   - hypervisor: whether the host can run the guest's instructions itself.
    /// - Throws: ``UTMError``, when the plan's network cannot be vmnet's, or its image needs a kernel beside it.
    init(_ machine: LaunchDefinition, in plan: LaunchPlan, name: String, hypervisor: Bool) throws(UTMError) {
        guard plan.boot == nil else { throw .directBoot(cluster: plan.cluster) }
        let subnet = try UTMSubnet(plan)
        let isARM = plan.architecture == "arm64"
        information = UTMInformation(name: name, uuid: machine.uuid.uppercased())
        system = UTMSystem(
            architecture: isARM ? .aarch64 : .x86, cpuCount: machine.cpus, memory: machine.memory)
        emulator = UTMEmulator(hypervisor: hypervisor, uefi: isARM)
        drives = [
            .disk(identifier: Self.identifier(disk: machine.uuid)), .seed, .depot(label: plan.depotLabel),
        ]
        networks = [
            UTMNetwork(mac: machine.mac.uppercased(), subnet: subnet.subnet, dhcpEnd: subnet.dhcpEnd)
        ]
    }

    var propertyList: PropertyList {
        [
            // Without it UTM would take the file for one of its old format, and silently make another machine.
            "Backend": "QEMU", "ConfigurationVersion": 4,
            "Information": information.propertyList, "System": system.propertyList, "QEMU": emulator.propertyList,
            "Input": UTMInput().propertyList, "Sharing": UTMSharing().propertyList,
            "Drive": .array(drives.map(\.propertyList)), "Network": .array(networks.map(\.propertyList)),
            "Serial": [UTMSerial().propertyList],
            // Headless.
            "Display": [], "Sound": [],
        ]
    }

    /// A UUID that follows from the machine's, in the form of RFC 9562's version 8.
    private static func identifier(disk machine: String) -> String {
        var bytes = Array(Digest(hashing: Array("disk \(machine.uppercased())".utf8)).bytes.prefix(16))
        bytes[6] = 0x80 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        let digits = bytes.map { byte in
            let hex = String(byte, radix: 16, uppercase: true)
            return hex.count == 1 ? "0" + hex : hex
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
