import Foundation
import HostSystem
public import Launching
import Values

/// Counts at the bridge, whose own address is the machines' gateway: what a machine sends outside, arrives there and goes no further.
public enum NspawnRecorder {
    /// What `slipway record-attempts nspawn DIRECTORY` does, in the network namespace of the instance.
    public static func run(_ paths: InstancePaths) throws(LaunchError) {
        try dropQuietly()
        try AttemptRecorder(paths, try BridgeFrames(NspawnNames(paths: paths))).run()
    }

    /// A host that forwards has its namespaces forward too. There is nowhere to forward to, and the sender would be told so at once
    /// and be gone before it was found; the kernel of a host that does not forward says nothing (ip_error() in net/ipv4/route.c).
    private static func dropQuietly() throws(LaunchError) {
        let path = "/proc/sys/net/ipv4/ip_forward"
        do { try FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(contentsOf: Data("0".utf8)) } catch {
            throw .system(call: "write", path: path, reason: error.localizedDescription)
        }
    }
}

private final class BridgeFrames: FrameSource {
    private let socket: PacketSocket
    private let senders: PacketSenders
    private let names: NspawnNames

    init(_ names: NspawnNames) throws(LaunchError) {
        do throws(SystemError) { socket = try PacketSocket.open(interface: NspawnNames.bridge) } catch {
            throw LaunchError(error)
        }
        self.names = names
        senders = PacketSenders(names: names)
    }

    func next() throws(LaunchError) -> [UInt8]? {
        do throws(SystemError) { return try socket.receive() } catch { throw LaunchError(error) }
    }

    let card: MACAddress? = nil

    /// The kernel answers for the bridge.
    func answer(_ frame: [UInt8]) {}

    func takeLost() -> Int64 { socket.takeLost() }

    func sender(of frame: Frame, machine: String) -> AttemptLog.Sender? { senders.find(frame, machine) }

    var isThere: Bool { Files.identity(of: names.networkPath) == Files.identity(of: "/proc/self/ns/net") }
}

/// Finds the process of a container that a packet came from, as ss(8) does: by its port in the machine's table of sockets, and by
/// who has that socket open. A question that was sent a moment ago has its sender waiting for the answer still.
struct PacketSenders {
    let names: NspawnNames
    /// Where processes are shown; not a constant for tests.
    var proc = "/proc"
    var processes: any ProcessTable = LinuxProcessTable()

    func find(_ frame: Frame, _ machine: String) -> AttemptLog.Sender? {
        let tables: [String]
        switch frame.transport {
        case .tcp: tables = ["tcp", "tcp6"]
        case .udp: tables = ["udp", "udp6"]
        default: return nil
        }
        guard let port = frame.sourcePort, let network = processes.network(at: names.networkPath(of: machine)),
            let entries = processes.processesByNetwork()[network]
        else { return nil }
        // Those that came last first: systemd-nspawn, which is in there too, opens none.
        for table in tables {
            // Any process of the machine shows the same.
            guard let owner = entries.last.flatMap({ socket(at: port, in: "\(proc)/\($0.id)/net/\(table)") }) else {
                continue
            }
            let link = "socket:[\(owner.inode)]"
            guard let process = entries.reversed().first(where: { has(link, $0.id) }) else { return nil }
            return AttemptLog.Sender(program: process.name, unit: unit(of: process.id), account: owner.account)
        }
        return nil
    }

    /// proc_net(5): `sl local_address rem_address st tx_queue:rx_queue tr:tm retrnsmt uid timeout inode …`.
    private func socket(at port: UInt16, in table: String) -> (inode: UInt64, account: UInt32)? {
        guard let bytes = try? Files.read(table) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            guard columns.count > 9, let colon = columns[1].lastIndex(of: ":"),
                UInt16(columns[1][columns[1].index(after: colon)...], radix: 16) == port,
                let account = UInt32(columns[7]), let inode = UInt64(columns[9]), inode > 0
            else { continue }
            return (inode, account)
        }
        return nil
    }

    private func has(_ link: String, _ process: Int32) -> Bool {
        let directory = "\(proc)/\(process)/fd"
        return Files.names(in: directory).contains { SystemCalls.target(of: "\(directory)/\($0)") == link }
    }

    /// The innermost service or scope of the process's cgroup, `0::/slipway-1234/etcd-1/system.slice/etcd.service`.
    private func unit(of process: Int32) -> String? {
        guard let bytes = try? Files.read("\(proc)/\(process)/cgroup") else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == "/" || $0 == "\n" })
            .last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }.map(String.init)
    }
}
