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

    /// Stand-ins that hold the rendered certificates answer `/readyz`; only those that say they are ready get connections.
    @Test(.needsRoot(.haproxy, .python)) func onlyAReadyServerGetsConnections() throws {
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
                "mkdir -p /run/haproxy && exec \(try Tool.haproxy.requirePath()) -db -f /etc/haproxy/haproxy.cfg",
            ])
        defer { for service in servers + [balancer] { service.child.stop() } }

        /// The stand-ins that answer a client which asks many times.
        func answering() throws -> Set<String> {
            let ask = Repository.scripts.appendingPathComponent("ask-api.py").path
            let outcome = try MachineRoot(bundle: bundle, machine: "jump", lab: lab).run(
                [
                    python, ask, "https://192.168.64.10:6443/version", "8",
                    "/usr/local/share/ca-certificates/slipway-root.crt",
                ])
            return Set(outcome.output.split(separator: "\n").map(String.init))
        }
        func becomes(_ expected: Set<String>) throws -> Bool {
            try eventually(within: .seconds(40)) { try answering() == expected }
        }
        func log() -> String {
            ([balancer] + servers).map(\.child.printed).joined(separator: "\n").suffix(3000).description
        }

        #expect(try becomes(["nobody"]), "both stand-ins start unready: \(log())")
        try setReady(true, servers[0])
        #expect(try becomes(["master-1"]), "\(log())")
        try setReady(true, servers[1])
        #expect(try becomes(["master-1", "master-2"]), "\(log())")
        // Its port is open and it answers, but it says that it is not ready.
        try setReady(false, servers[0])
        #expect(try becomes(["master-2"]), "\(log())")
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
