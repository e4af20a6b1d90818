import HostSystem
import Synchronization

@testable import Launching

/// A made-up host: namespaces by path, and processes that end when they are signalled.
final class FakeProcesses: ProcessTable {
    struct State {
        var networks: [String: FileIdentity] = [:]
        var processes: [FileIdentity: [ProcessEntry]] = [:]
        var signals: [String] = []
        var pauses = 0
    }

    let state: Mutex<State>
    /// Whether processes end when asked in order; by force they always do.
    let isPolite: Bool

    init(isPolite: Bool = true) {
        state = Mutex(State())
        self.isPolite = isPolite
    }

    /// A machine that runs: systemd-nspawn, and the machine's first process below it.
    func boot(_ path: String, supervisor: Int32) {
        state.withLock { state in
            let identity = FileIdentity(device: 4, inode: UInt64(supervisor))
            state.networks[path] = identity
            state.processes[identity] = [
                ProcessEntry(id: supervisor, parent: 1, name: "systemd-nspawn"),
                ProcessEntry(id: supervisor + 1, parent: supervisor, name: "systemd"),
                ProcessEntry(id: supervisor + 2, parent: supervisor + 1, name: "etcd"),
            ]
        }
    }

    var signals: [String] { state.withLock { $0.signals } }

    func processesByNetwork() -> [FileIdentity: [ProcessEntry]] { state.withLock { $0.processes } }
    func network(at path: String) -> FileIdentity? { state.withLock { $0.networks[path] } }

    func signal(_ signal: ProcessSignal, to process: Int32) {
        state.withLock { state in
            state.signals.append("\(signal) \(process)")
            guard signal == .kill || isPolite else { return }
            for (network, entries) in state.processes {
                // A machine ends with its supervisor.
                let ended = entries.contains { $0.id == process && ($0.name == "systemd-nspawn" || signal == .kill) }
                if ended { state.processes[network] = nil }
            }
        }
    }

    func pause(milliseconds: Int) { state.withLock { $0.pauses += 1 } }
}
