@testable import Launching

extension Launching.Host {
    /// A large Mac that nothing else runs on.
    static func mac(
        architecture: String = "arm64", system: Launching.Host.System = .macOS, networks: [HostNetwork] = []
    ) -> Launching.Host {
        Launching.Host(
            system: system, architecture: architecture, processors: 10, availableMemory: { 64 << 30 },
            freeSpace: { _ in 500 << 30 }, networks: { networks })
    }
}
