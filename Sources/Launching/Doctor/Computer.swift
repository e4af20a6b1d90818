public import HostSystem
public import Values

/// The computer that machines run on, the host; tests make up others.
public struct Computer: Sendable {
    public enum System: String, Hashable, Sendable {
        case linux = "Linux"
        case macOS = "macOS"
    }

    public let system: System
    public let architecture: Architecture
    public let processors: Int
    /// Bytes that programs can still take; nil when the host does not tell.
    public let availableMemory: @Sendable () -> Int64?
    /// Bytes free in the file system that holds a path, or its nearest directory that exists.
    public let freeSpace: @Sendable (_ path: String) -> Int64?
    public let networks: @Sendable () -> [HostNetwork]
    /// What its kernel counts.
    public let limits: @Sendable () -> HostLimits

    public init(
        system: System, architecture: Architecture, processors: Int, availableMemory: @escaping @Sendable () -> Int64?,
        freeSpace: @escaping @Sendable (_ path: String) -> Int64?, networks: @escaping @Sendable () -> [HostNetwork],
        limits: @escaping @Sendable () -> HostLimits = { HostLimits([:]) }
    ) {
        self.system = system
        self.architecture = architecture
        self.processors = processors
        self.availableMemory = availableMemory
        self.freeSpace = freeSpace
        self.networks = networks
        self.limits = limits
    }
}

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
            }, limits: { HostLimits.read() })
    }

    private static var system: System {
        #if canImport(Darwin)
            .macOS
        #else
            .linux
        #endif
    }
}

/// An IPv4 network that an interface of this host is in.
public struct HostNetwork: Hashable, Sendable {
    public let interface: String
    /// The interface's own.
    public let address: IPv4Address
    public let network: IPv4Network

    /// - Returns: nil for a prefix length that is none of 0 to 32.
    public init?(interface: String, address: IPv4Address, prefixLength: Int) {
        guard let network = IPv4Network(containing: address, prefixLength: prefixLength) else { return nil }
        self.interface = interface
        self.address = address
        self.network = network
    }
}

extension HostNetwork: CustomStringConvertible {
    public var description: String { "\(address)/\(network.prefixLength)" }
}
