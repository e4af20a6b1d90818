import Foundation
import TestSupport

/// A network of our own: a namespace for each machine with its real address, joined by a bridge in one more namespace.
///
/// Nothing in it can reach this machine's network. It goes with everything that runs in it when it is released; what a
/// crashed run left behind is removed by the next one.
final class NetworkLab: Sendable {
    private static let prefix = "slipway-it"
    private let name: String
    private let machines: [String]
    /// The bridge's end of each machine's cable, and the machine's address with the length of its subnet's prefix.
    private let cables: [String: (port: String, address: String)]

    /// Makes the network.
    ///
    /// - Parameters:
    ///   - machines: whose namespaces are made.
    ///   - prefixLength: of the subnet that holds all addresses.
    init(_ machines: [BuiltBundle.Machine], prefixLength: Int = 24) throws {
        Self.removeAbandoned()
        name = "\(Self.prefix)-\(getpid())-\(UInt32.random(in: 0..<1_000_000))"
        self.machines = machines.map(\.name)
        cables = Dictionary(
            uniqueKeysWithValues: machines.enumerated().map { index, machine in
                (machine.name, ("port\(index)", "\(machine.address)/\(prefixLength)"))
            })
        do {
            try ip(["netns", "add", hub])
            try ip(["-n", hub, "link", "add", "lan", "type", "bridge"])
            try ip(["-n", hub, "link", "set", "lan", "up"])
            for (index, machine) in machines.enumerated() {
                let (namespace, port) = (namespace(of: machine.name), "port\(index)")
                try ip(["netns", "add", namespace])
                try ip(["-n", hub, "link", "add", port, "type", "veth", "peer", "name", "lan0", "netns", namespace])
                try ip(["-n", hub, "link", "set", port, "master", "lan", "up"])
                try ip(["-n", namespace, "address", "add", "\(machine.address)/\(prefixLength)", "dev", "lan0"])
                try ip(["-n", namespace, "link", "set", "lan0", "up"])
                try ip(["-n", namespace, "link", "set", "lo", "up"])
            }
        } catch {
            remove()
            throw error
        }
    }

    deinit { remove() }

    func namespace(of machine: String) -> String { "\(name)-\(machine)" }

    /// Pulls a machine's cable at the switch, or plugs it in.
    func setLink(_ machine: String, up: Bool) throws {
        guard let port = cables[machine]?.port else { return }
        try ip(["-n", hub, "link", "set", port, up ? "up" : "down"])
    }

    /// Ends everything that runs on a machine at once, and nothing answers for it any more: its kernel is gone as well.
    func cutPower(_ machine: String) throws {
        try setLink(machine, up: false)
        Self.endProcesses(of: namespace(of: machine))
    }

    /// Back with the address that it has from its configuration, and no other.
    func restorePower(_ machine: String) throws {
        guard let address = cables[machine]?.address else { return }
        let namespace = namespace(of: machine)
        try ip(["-n", namespace, "address", "flush", "dev", "lan0"])
        try ip(["-n", namespace, "address", "add", address, "dev", "lan0"])
        try setLink(machine, up: true)
    }

    /// Those of the machines that have the address now.
    func holders(of address: String) throws -> [String] {
        try machines.filter { machine in
            let shown = try Tool.ip.run(["-n", namespace(of: machine), "-4", "address", "show", "to", address])
            return !shown.output.isEmpty
        }
    }

    /// Runs `ip` on a machine.
    func ip(on machine: String, _ arguments: String...) throws { try ip(["-n", namespace(of: machine)] + arguments) }

    private var hub: String { "\(name)-hub" }

    private func remove() { for namespace in [hub] + machines.map(namespace) { Self.remove(namespace) } }

    private func ip(_ arguments: [String]) throws {
        let outcome = try Tool.ip.run(arguments)
        guard outcome.status == 0 else { throw Failed(arguments: arguments, transcript: outcome.transcript) }
    }

    /// Ends what runs in a namespace, and the namespace.
    private static func remove(_ namespace: String) {
        endProcesses(of: namespace)
        _ = try? Tool.ip.run(["netns", "delete", namespace])
    }

    private static func endProcesses(of namespace: String) {
        let processes = try? Tool.ip.run(["netns", "pids", namespace])
        for identifier in (processes?.output ?? "").split(whereSeparator: \.isWhitespace).compactMap({ pid_t($0) }) {
            kill(identifier, SIGKILL)
        }
    }

    /// Names hold the test process's id: those of a process that is gone are nobody's.
    private static func removeAbandoned() {
        let listed = (try? Tool.ip.run(["netns", "list"]))?.output ?? ""
        for line in listed.split(separator: "\n") {
            guard let namespace = line.split(separator: " ").first.map(String.init), namespace.hasPrefix(prefix + "-"),
                let owner = pid_t(namespace.dropFirst(prefix.count + 1).prefix { $0.isNumber }), kill(owner, 0) != 0
            else { continue }
            remove(namespace)
        }
    }

    struct Failed: Error, CustomStringConvertible {
        let arguments: [String]
        let transcript: String
        var description: String { "ip \(arguments.joined(separator: " ")): \(transcript)" }
    }
}
