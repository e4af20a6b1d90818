import Values

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
