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

    public init(
        system: System, architecture: Architecture, processors: Int, availableMemory: @escaping @Sendable () -> Int64?,
        freeSpace: @escaping @Sendable (_ path: String) -> Int64?, networks: @escaping @Sendable () -> [HostNetwork]
    ) {
        self.system = system
        self.architecture = architecture
        self.processors = processors
        self.availableMemory = availableMemory
        self.freeSpace = freeSpace
        self.networks = networks
    }
}
