import HostSystem

extension Computer {
    /// The host that this process runs on.
    public static var current: Computer {
        Computer(
            system: system, architecture: HostFacts.architecture, processors: HostFacts.processors,
            availableMemory: { HostFacts.availableMemory() }, freeSpace: { HostFacts.freeSpace(at: $0) },
            networks: {
                HostFacts.interfaces().compactMap {
                    HostNetwork(interface: $0.name, address: $0.address, prefixLength: $0.prefix)
                }
            })
    }

    private static var system: System {
        #if canImport(Darwin)
            .macOS
        #else
            .linux
        #endif
    }
}
