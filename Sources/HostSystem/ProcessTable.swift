private import Foundation

/// The processes of this host, as far as machines are concerned; tests have a made-up one.
public protocol ProcessTable: Sendable {
    /// Every process by the network namespace it is in.
    func processesByNetwork() -> [FileIdentity: [ProcessEntry]]
    /// The network namespace that is kept at a path; nil when there is none.
    func network(at path: String) -> FileIdentity?
    func signal(_ signal: ProcessSignal, to process: Int32)
    /// Lets other processes go on for a moment.
    func pause(milliseconds: Int)
}

/// One process of this host.
public struct ProcessEntry: Hashable, Sendable {
    public let id: Int32
    public let parent: Int32
    /// The kernel's short name for it: at most 15 bytes.
    public let name: String

    public init(id: Int32, parent: Int32, name: String) {
        self.id = id
        self.parent = parent
        self.name = name
    }
}

/// The processes in `/proc`.
public struct LinuxProcessTable: ProcessTable {
    public init() {}

    public func processesByNetwork() -> [FileIdentity: [ProcessEntry]] {
        var result: [FileIdentity: [ProcessEntry]] = [:]
        let own = Files<SystemError>.identity(of: "/proc/self/ns/net")
        for name in Files<SystemError>.names(in: "/proc") {
            // Kernel threads and processes that end meanwhile have no namespace.
            guard let id = Int32(name), let network = Files<SystemError>.identity(of: "/proc/\(id)/ns/net"),
                network != own,
                let entry = entry(id)
            else { continue }
            result[network, default: []].append(entry)
        }
        return result.mapValues { $0.sorted { $0.id < $1.id } }
    }

    public func network(at path: String) -> FileIdentity? {
        guard let found = Files<SystemError>.identity(of: path) else { return nil }
        // `ip netns add` that was killed half way leaves an ordinary file, which no process is in.
        return found
    }

    public func signal(_ signal: ProcessSignal, to process: Int32) { signal.send(to: process) }

    public func pause(milliseconds: Int) { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }

    /// `pid (name) state ppid …`, proc(5); the name may hold anything, so its end is the last parenthesis.
    private func entry(_ id: Int32) -> ProcessEntry? {
        guard let bytes = try? Files<SystemError>.read("/proc/\(id)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        let rest = text[text.index(after: close)...].split(separator: " ")
        guard rest.count > 1, let parent = Int32(rest[1]), rest[0] != "Z" else { return nil }
        return ProcessEntry(id: id, parent: parent, name: String(text[text.index(after: open)..<close]))
    }
}
