import Values

@testable import Launching

extension Computer {
    /// A large Mac that nothing else runs on.
    static func mac(
        architecture: Architecture = .arm64, system: Computer.System = .macOS, networks: [HostNetwork] = []
    ) -> Computer {
        Computer(
            system: system, architecture: architecture, processors: 10, availableMemory: { 64 << 30 },
            freeSpace: { _ in 500 << 30 }, networks: { networks })
    }
}
