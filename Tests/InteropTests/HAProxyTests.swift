import Foundation
import TestSupport
import Testing

/// HAProxy's own word on the configuration, in Debian 12's release and in Debian 13's.
@Suite(.serialized)
struct HAProxyTests {
    @Test("haproxy -c", .needsRoot(.haproxy)) func isValid() throws { try check(.haproxy) }

    @Test("haproxy -c, release 3", .needsRoot(.haproxy3)) func isValidInRelease3() throws { try check(.haproxy3) }

    private func check(_ haproxy: Tool) throws {
        let root = MachineRoot(bundle: try BuiltBundle.ha.get(), machine: "haproxy")
        let outcome = try root.run([try haproxy.requirePath(), "-c", "-V", "-f", "/etc/haproxy/haproxy.cfg"])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.transcript.contains("valid"), "\(outcome.transcript)")
        #expect(!outcome.transcript.uppercased().contains("WARNING"), "\(outcome.transcript)")
    }

    @Test func aClusterWithoutLoadBalancerHasNoConfiguration() throws {
        #expect(try BuiltBundle.simple.get().files { $0.contains("haproxy") }.isEmpty)
    }

    @Test("connections, release 2", .needsRoot(.haproxy, .python)) func leadsConnections() throws {
        try leadConnections(.haproxy)
    }

    @Test("connections, release 3", .needsRoot(.haproxy3, .python)) func leadsConnectionsInRelease3() throws {
        try leadConnections(.haproxy3)
    }

    /// Stand-ins that hold the rendered certificates answer `/readyz`: those that say they are ready get all connections, and
    /// only when nobody does, whoever accepts them.
    private func leadConnections(_ haproxy: Tool) throws {
        let bundle = try BuiltBundle.ha.get()
        let roles = ["load-balancer", "control-plane", "jump"]
        let lab = try NetworkLab(bundle.machines.filter { roles.contains($0.role) })
        let standIn = Repository.scripts.appendingPathComponent("apiserver-stand-in.py").path
        let python = try Tool.python.requirePath()
        let servers = try ["master-1", "master-2"].map { name in
            try MachineRoot(bundle: bundle, machine: name, lab: lab).start([python, standIn, name])
        }
        let balancer = try MachineRoot(bundle: bundle, machine: "haproxy", lab: lab).start(
            [
                "/bin/sh", "-c",
                "mkdir -p /run/haproxy && exec \(try haproxy.requirePath()) -db -f /etc/haproxy/haproxy.cfg",
            ])
        let root = "/usr/local/share/ca-certificates/slipway-root.crt"
        let jump = MachineRoot(bundle: bundle, machine: "jump", lab: lab)
        // By its text: the checkout may lie on a mount that is not in the machine's root.
        let hold = try String(
            contentsOf: Repository.scripts.appendingPathComponent("hold-connection.py"), encoding: .utf8)
        var holders: [MachineRoot.Service] = []
        defer { for service in servers + [balancer] + holders { service.child.stop() } }

        /// The stand-ins that answer a client which asks many times.
        func answering() throws -> Set<String> {
            let ask = Repository.scripts.appendingPathComponent("ask-api.py").path
            let outcome = try jump.run([python, ask, "https://192.168.64.10:6443/version", "8", root])
            return Set(outcome.output.split(separator: "\n").map(String.init))
        }
        func becomes(_ expected: Set<String>) throws -> Bool {
            try eventually(within: .seconds(40)) { try answering() == expected }
        }
        func log() -> String {
            ([balancer] + servers).map(\.child.printed).joined(separator: "\n").suffix(3000).description
        }

        // Every check fails, every port is open.
        #expect(try becomes(["master-1", "master-2"]), "\(log())")
        #expect(
            eventually(within: .seconds(40)) {
                balancer.child.printed.contains("Running on backup")
            }, "\(log())")
        #expect(try becomes(["master-1", "master-2"]), "\(log())")
        holders.append(try jump.start([python, "-c", hold, "192.168.64.10", root]))
        #expect(
            eventually(within: .seconds(10)) { holders[0].child.printed.contains("connected") },
            "\(holders[0].child.printed)")
        try setReady(true, servers[0])
        #expect(try becomes(["master-1"]), "\(log())")
        // Who was led to a server that was not ready comes back for one that is.
        #expect(eventually(within: .seconds(10)) { holders[0].child.printed.contains("closed") }, "\(log())")
        try setReady(true, servers[1])
        #expect(try becomes(["master-1", "master-2"]), "\(log())")
        // Its port is open and it answers, but it says that it is not ready.
        try setReady(false, servers[0])
        #expect(try becomes(["master-2"]), "\(log())")
        // Its port is closed too: of the two that are not ready one still accepts.
        try setReady(false, servers[1])
        servers[0].child.stop()
        #expect(try becomes(["master-2"]), "\(log())")
        servers[1].child.stop()
        #expect(try becomes(["nobody"]), "\(log())")
    }

    private func setReady(_ ready: Bool, _ server: MachineRoot.Service) throws {
        let flag = "\(server.root)/run/ready"
        if ready {
            try Data().write(to: URL(fileURLWithPath: flag))
        } else {
            try FileManager.default.removeItem(atPath: flag)
        }
    }
}
