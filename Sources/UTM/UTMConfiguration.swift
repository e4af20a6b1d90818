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
    var serial: UTMSerial

    /// - Parameters:
    ///   - console: the port of 127.0.0.1 that is its serial port.
    ///   - name: as UTM will list it.
    ///   - hypervisor: whether the host can run the guest's instructions itself.
    /// - Throws: ``UTMError``, when the plan's network cannot be vmnet's, or its image needs a kernel beside it.
    init(
        _ machine: LaunchDefinition, in plan: LaunchPlan, name: String, hypervisor: Bool, console: Int? = nil
    ) throws(UTMError) {
        guard plan.boot == nil else { throw .directBoot(cluster: plan.cluster) }
        let subnet = try UTMSubnet(plan)
        let isARM = plan.architecture == .arm64
        information = UTMInformation(name: name, uuid: machine.uuid.description)
        system = UTMSystem(
            architecture: isARM ? .aarch64 : .x86, cpuCount: machine.cpus, memory: Int64(machine.memory.mebibytes))
        emulator = UTMEmulator(hypervisor: hypervisor, uefi: isARM)
        drives = [
            .disk(identifier: Self.identifier(disk: machine.uuid)), .seed, .depot(label: plan.depotLabel),
        ]
        serial = UTMSerial(port: console)
        networks = [
            UTMNetwork(
                mac: machine.mac.description.uppercased(), subnet: "\(subnet.subnet)", dhcpEnd: "\(subnet.dhcpEnd)")
        ]
    }

    var propertyList: PropertyList {
        [
            // Without it UTM would take the file for one of its old format, and silently make another machine.
            "Backend": "QEMU", "ConfigurationVersion": 4,
            "Information": information.propertyList, "System": system.propertyList, "QEMU": emulator.propertyList,
            "Input": UTMInput().propertyList, "Sharing": UTMSharing().propertyList,
            "Drive": .array(drives.map(\.propertyList)), "Network": .array(networks.map(\.propertyList)),
            "Serial": [serial.propertyList],
            // Headless.
            "Display": [], "Sound": [],
        ]
    }

    /// A UUID that follows from the machine's, in the form of RFC 9562's version 8.
    private static func identifier(disk machine: MachineUUID) -> String {
        MachineUUID(digest: Digest(hashing: Array("disk \(machine)".utf8)).bytes).description
    }
}

/// What UTM lists a machine by: the section `Information`.
struct UTMInformation: Hashable, Sendable {
    var name: String
    /// Upper case with dashes. When UTM knows another machine with the same one, it gives this machine a new one and keeps
    /// it to itself: the file stays as it was.
    var uuid: String

    init(name: String, uuid: String) {
        self.name = name
        self.uuid = uuid
    }

    var propertyList: PropertyList { ["IconCustom": false, "Name": .string(name), "UUID": .string(uuid)] }
}

/// The hardware that is emulated: the section `System`.
struct UTMSystem: Hashable, Sendable {
    enum Architecture: String, Hashable, Sendable {
        case aarch64
        case x86 = "x86_64"
    }

    var architecture: Architecture
    /// QEMU's name of the board.
    var target: String
    /// `default` is the host's own processor under Hypervisor, and a usual one when emulating.
    var cpu = "default"
    var cpuCount: Int64
    /// MiB.
    var memory: Int64

    /// The machine that QEMU recommends for the architecture.
    init(architecture: Architecture, cpuCount: Int64, memory: Int64) {
        self.architecture = architecture
        target = architecture == .aarch64 ? "virt" : "q35"
        self.cpuCount = cpuCount
        self.memory = memory
    }

    var propertyList: PropertyList {
        [
            "Architecture": .string(architecture.rawValue), "Target": .string(target), "CPU": .string(cpu),
            "CPUCount": .integer(cpuCount), "CPUFlagsAdd": [], "CPUFlagsRemove": [], "ForceMulticore": false,
            // 0 leaves it to UTM: a quarter of the memory.
            "JITCacheSize": 0, "MemorySize": .integer(memory),
        ]
    }
}

/// How QEMU is run: the section `QEMU`.
struct UTMEmulator: Hashable, Sendable {
    /// Apple's Hypervisor; without it every instruction is emulated.
    var hypervisor: Bool
    /// Needed by arm64, which has no other firmware. UTM makes the file of firmware variables when it is missing.
    var uefi: Bool
    /// Anything here makes UTM warn in a dialog when the machine is opened.
    var additionalArguments: [String] = []

    init(hypervisor: Bool, uefi: Bool) {
        self.hypervisor = hypervisor
        self.uefi = uefi
    }

    var propertyList: PropertyList {
        [
            "AdditionalArguments": .array(additionalArguments.map { .string($0) }), "BalloonDevice": false,
            "DebugLog": false, "Hypervisor": .bool(hypervisor), "PS2Controller": false,
            // Without it a guest waits for entropy before it makes its SSH keys.
            "RNGDevice": true,
            "RTCLocalTime": false, "TPMDevice": false, "UEFIBoot": .bool(uefi),
        ]
    }
}

/// A drive: an element of the section `Drive`.
struct UTMDrive: Hashable, Sendable {
    enum ImageType: String, Hashable, Sendable {
        case disk = "Disk"
        case cd = "CD"
    }

    /// The guest sees it as the serial number of its virtio disk, without dashes and cut to 20 characters: `SLIPWAY`
    /// becomes /dev/disk/by-id/virtio-SLIPWAY.
    var identifier: String
    /// The name of a file in the package's directory Data.
    var imageName: String
    var imageType: ImageType
    var interface = "VirtIO"
    var isReadOnly: Bool

    init(identifier: String, imageName: String, imageType: ImageType, isReadOnly: Bool) {
        self.identifier = identifier
        self.imageName = imageName
        self.imageType = imageType
        self.isReadOnly = isReadOnly
    }

    /// What the machine boots from, and the only drive that it writes.
    static func disk(identifier: String) -> UTMDrive {
        UTMDrive(identifier: identifier, imageName: "disk.qcow2", imageType: .disk, isReadOnly: false)
    }

    static let seed = UTMDrive(identifier: "SEED", imageName: "seed.iso", imageType: .cd, isReadOnly: true)

    static func depot(label: String) -> UTMDrive {
        UTMDrive(identifier: label, imageName: "depot.iso", imageType: .cd, isReadOnly: true)
    }

    /// The serial number that the guest sees.
    var serial: String { String(identifier.filter { $0 != "-" }.prefix(20)) }

    var propertyList: PropertyList {
        [
            "Identifier": .string(identifier), "ImageName": .string(imageName),
            "ImageType": .string(imageType.rawValue),
            "Interface": .string(interface), "InterfaceVersion": 1, "ReadOnly": .bool(isReadOnly),
        ]
    }
}

/// A serial port: an element of the section `Serial`.
///
/// UTM has no port that writes to a file. A TCP server on 127.0.0.1 that waits for nobody is one that a process of ours can
/// stay connected to: ``UTMConsole``. A machine that has no port yet has a pseudo-terminal.
struct UTMSerial: Hashable, Sendable {
    let port: Int?

    init(port: Int?) { self.port = port }

    var propertyList: PropertyList {
        guard let port else { return ["Mode": "Ptty", "Target": "Auto"] }
        return [
            "Mode": "TcpServer", "Target": "Auto", "TcpPort": .integer(Int64(port)), "WaitForConnection": false,
            "RemoteConnectionAllowed": false,
        ]
    }
}

/// Keyboards, mice and USB: the section `Input`. A headless machine has none of it.
struct UTMInput: Hashable, Sendable {
    init() {}

    var propertyList: PropertyList { ["MaximumUsbShare": 0, "UsbBusSupport": "Disabled", "UsbSharing": false] }
}

/// What host and guest share: the section `Sharing`. Nothing: what a machine needs is on its drives.
struct UTMSharing: Hashable, Sendable {
    init() {}

    var propertyList: PropertyList {
        ["ClipboardSharing": false, "DirectoryShareMode": "None", "DirectoryShareReadOnly": true]
    }
}
