import Foundation

/// The processes in `/proc`.
public struct LinuxProcessTable: ProcessTable {
    public init() {}

    public func processesByNetwork() -> [FileIdentity: [ProcessEntry]] {
        var result: [FileIdentity: [ProcessEntry]] = [:]
        let own = SystemCalls.identity(of: "/proc/self/ns/net")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            // Kernel threads and processes that end meanwhile have no namespace.
            guard let id = Int32(name), let network = SystemCalls.identity(of: "/proc/\(id)/ns/net"), network != own,
                let entry = entry(id)
            else { continue }
            result[network, default: []].append(entry)
        }
        return result.mapValues { $0.sorted { $0.id < $1.id } }
    }

    public func network(at path: String) -> FileIdentity? {
        guard let found = SystemCalls.identity(of: path) else { return nil }
        // `ip netns add` that was killed half way leaves an ordinary file, which no process is in.
        return found
    }

    public func signal(_ signal: ProcessSignal, to process: Int32) { SystemCalls.signal(signal, to: process) }

    public func pause(milliseconds: Int) { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }

    /// `pid (name) state ppid …`, proc(5); the name may hold anything, so its end is the last parenthesis.
    private func entry(_ id: Int32) -> ProcessEntry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        let rest = text[text.index(after: close)...].split(separator: " ")
        guard rest.count > 1, let parent = Int32(rest[1]), rest[0] != "Z" else { return nil }
        return ProcessEntry(id: id, parent: parent, name: String(text[text.index(after: open)..<close]))
    }
}
