import Foundation
import TestSupport
import Testing

/// Two load balancers share the API's address: keepalived's own word on the configuration, and what clients notice when one goes.
@Suite(.serialized)
struct KeepalivedTests {
    private static let shared = "192.168.64.10"
    private static let balancers = ["haproxy-1", "haproxy-2"]
    private static let root = "/usr/local/share/ca-certificates/slipway-root.crt"

    @Test("haproxy -c with an address that is not this machine's, in both releases", .needsRoot(.haproxy, .haproxy3))
    func haproxyTakesTheConfiguration() throws {
        for haproxy in [Tool.haproxy, .haproxy3] {
            let root = MachineRoot(bundle: try BuiltBundle.haFull.get(), machine: "haproxy-2")
            let outcome = try root.run([try haproxy.requirePath(), "-c", "-V", "-f", "/etc/haproxy/haproxy.cfg"])
            #expect(outcome.status == 0, "\(outcome.transcript)")
            #expect(!outcome.transcript.uppercased().contains("WARNING"), "\(outcome.transcript)")
        }
    }

    @Test("keepalived -t", .needsRoot(.keepalived), arguments: balancers)
    func keepalivedTakesTheConfiguration(machine: String) throws {
        let outcome = try check(machine, changing: "true")
        #expect(outcome.status == 0, "\(outcome.transcript)")
        // What it does not know it says and goes on: every line would be about a mistake.
        #expect(outcome.output + outcome.errors == "", "\(outcome.transcript)")
        let mistake = try check(machine, changing: "sed -i s/nopreempt/noprempt/ /etc/keepalived/keepalived.conf")
        #expect(mistake.transcript.contains("noprempt"), "\(mistake.transcript)")
    }

    private func check(_ machine: String, changing command: String) throws -> Child.Outcome {
        let lab = try NetworkLab(BuiltBundle.haFull.get().machines.filter { $0.name == machine })
        return try MachineRoot(bundle: BuiltBundle.haFull.get(), machine: machine, lab: lab).run([
            "/bin/sh", "-c",
            "\(Self.account); \(command); exec \(try Tool.keepalived.requirePath()) -t --log-console --no-syslog -f /etc/keepalived/keepalived.conf",
        ])
    }

    /// What slipway-apply does for the plan's account.
    private static let account =
        "echo keepalived:x:977:977::/nonexistent:/usr/sbin/nologin >>/etc/passwd; echo keepalived:x:977: >>/etc/group"

    @Test(
        "200 requests a second: no more than 3 s without an answer whatever happens to the active one, none lost when the standby goes",
        .needsRoot(.haproxy, .keepalived, .python, .setpriv))
    func failsOver() throws {
        let pair = try Pair()
        func says() -> String { pair.log }
        try #require(try eventually(within: .seconds(60)) { try pair.holder() == "haproxy-1" }, "\(says())")
        try pair.start("haproxy-2")
        // Until a check has passed, clients are led to whoever accepts them, and from there to a server that is ready.
        #expect(
            try eventually(within: .seconds(60)) {
                try pair.ready("haproxy-1") && pair.ready("haproxy-2") && pair.answers()
            }, "\(says())")
        Thread.sleep(forTimeInterval: 2)

        var load = try pair.load { try pair.lab.cutPower("haproxy-2") }
        #expect(load.answered == load.asked && load.asked >= 1500, "standby off: \(load) \(says())")
        load = try pair.load { try pair.boot("haproxy-2") }
        #expect(load.answered == load.asked, "standby back: \(load) \(says())")

        load = try pair.load { try pair.lab.cutPower("haproxy-1") }
        #expect(load.silence <= 3 && load.silence > 0.2, "active off: \(load) \(says())")
        #expect(try pair.holder() == "haproxy-2")
        load = try pair.load { try pair.boot("haproxy-1") }
        #expect(load.answered == load.asked, "it came back, and takes nothing: \(load) \(says())")
        #expect(try pair.holder() == "haproxy-2")

        load = try pair.load { pair.killHAProxy("haproxy-2") }
        #expect(load.silence <= 3 && load.silence > 0.05, "HAProxy killed: \(load) \(says())")
        #expect(try pair.holder() == "haproxy-1", "\(says())")
        try pair.startHAProxy("haproxy-2")
        #expect(try eventually(within: .seconds(60)) { try pair.ready("haproxy-2") })

        load = try pair.load { try pair.lab.setLink("haproxy-1", up: false) }
        #expect(load.silence <= 3 && load.silence > 0.2, "link down: \(load) \(says())")
        #expect(try eventually(within: .seconds(10)) { try pair.holder() == "haproxy-2" }, "\(says())")
        load = try pair.load { try pair.lab.setLink("haproxy-1", up: true) }
        #expect(load.answered == load.asked, "link up: \(load) \(says())")
        #expect(try pair.holder() == "haproxy-2", "\(says())")

        // The active one alone is cut off from the control planes: HAProxy notices, and the other takes over.
        for address in pair.planes { try pair.lab.ip(on: "haproxy-2", "route", "add", "unreachable", address) }
        #expect(try eventually(within: .seconds(90)) { try pair.holder() == "haproxy-1" }, "\(says())")
        #expect(try eventually(within: .seconds(20)) { try pair.answers() }, "\(says())")
        // Nobody can do better than it: it keeps the address, and clients are led to whoever accepts them.
        for address in pair.planes { try pair.lab.ip(on: "haproxy-1", "route", "add", "unreachable", address) }
        #expect(try eventually(within: .seconds(90)) { try !pair.ready("haproxy-1") }, "\(says())")
        Thread.sleep(forTimeInterval: 5)
        #expect(try pair.holder() == "haproxy-1", "\(says())")
    }

    /// The two, control planes' stand-ins, and a jump host that asks.
    private final class Pair {
        struct Load: Decodable, CustomStringConvertible {
            let asked, answered: Int
            let silence: Double
            let errors: [String: Int]
            var description: String { "\(answered) of \(asked) answered, \(silence) s without an answer, \(errors)" }
        }

        let lab: NetworkLab
        let planes: [String]
        private let bundle: BuiltBundle
        private let jump: MachineRoot
        private let python: String
        private var services: [String: MachineRoot.Service] = [:]

        init() throws {
            bundle = try BuiltBundle.haFull.get()
            python = try Tool.python.requirePath()
            let names = KeepalivedTests.balancers + ["master-1", "master-2", "jump"]
            lab = try NetworkLab(bundle.machines.filter { names.contains($0.name) })
            planes = bundle.machines.filter { $0.role == "control-plane" && names.contains($0.name) }.map(\.address)
            jump = MachineRoot(bundle: bundle, machine: "jump", lab: lab)
            // By its text: the checkout may lie on a mount that is not in the machine's root.
            let standIn = try Self.text("apiserver-stand-in.py")
            for name in ["master-1", "master-2"] {
                services[name] = try MachineRoot(bundle: bundle, machine: name, lab: lab).start([
                    "/bin/sh", "-c", "touch /run/ready && exec \"$@\"", "sh", python, "-c", standIn, name,
                ])
            }
            // The other one once this one has the address: on a busy host either could be the first, and whoever is keeps it.
            try start("haproxy-1")
        }

        private static func text(_ script: String) throws -> String {
            try String(contentsOf: Repository.scripts.appendingPathComponent(script), encoding: .utf8)
        }

        deinit { for service in services.values { service.child.stop() } }

        var log: String {
            services.filter { $0.key.hasSuffix("keepalived") }.sorted { $0.key < $1.key }.map {
                "\($0.key): \($0.value.child.printed.suffix(1500))"
            }.joined(
                separator: "\n")
        }

        func holder() throws -> String { try lab.holders(of: KeepalivedTests.shared).joined(separator: " and ") }

        func boot(_ name: String) throws {
            try lab.restorePower(name)
            try start(name)
        }

        func start(_ name: String) throws {
            try startHAProxy(name)
            // As in the unit, with its arguments, account and capabilities.
            let unit = try String(
                contentsOfFile: bundle.path(name, "/etc/systemd/system/keepalived.service"), encoding: .utf8)
            let lines = unit.split(separator: "\n")
            func value(_ key: String) throws -> String {
                String(try #require(lines.first { $0.hasPrefix("\(key)=") }).dropFirst(key.count + 1))
            }
            let command = try value("ExecStart").replacing(
                "/usr/sbin/keepalived", with: try Tool.keepalived.requirePath())
            let capabilities = try value("AmbientCapabilities").lowercased().split(separator: " ").map {
                "+\($0.dropFirst("cap_".count))"
            }.joined(separator: ",")
            services["\(name) keepalived"] = try MachineRoot(bundle: bundle, machine: name, lab: lab).start([
                "/bin/sh", "-c",
                "\(KeepalivedTests.account); mkdir -p /run/keepalived && chown keepalived: /run/keepalived && exec setpriv "
                    + "--reuid keepalived --regid keepalived --clear-groups --no-new-privs --bounding-set -all,\(capabilities) "
                    + "--inh-caps -all,\(capabilities) --ambient-caps -all,\(capabilities) \(command)",
            ])
        }

        func startHAProxy(_ name: String) throws {
            services[name] = try MachineRoot(bundle: bundle, machine: name, lab: lab).start([
                "/bin/sh", "-c",
                "sysctl -q -p /etc/sysctl.d/90-load-balancer.conf && mkdir -p /run/haproxy && "
                    + "exec \(try Tool.haproxy.requirePath()) -db -f /etc/haproxy/haproxy.cfg",
            ])
        }

        func killHAProxy(_ name: String) { if let service = services[name] { kill(service.child.identifier, SIGKILL) } }

        /// Whether HAProxy has an API server that is ready.
        func ready(_ name: String) throws -> Bool {
            let address = bundle.machines.first { $0.name == name }?.address ?? ""
            return try asks("import urllib.request as u; u.urlopen('http://\(address):8405/ready', timeout=2)")
        }

        func answers() throws -> Bool {
            let ask = Repository.scripts.appendingPathComponent("ask-api.py").path
            return try jump.run([
                python, ask, "https://\(KeepalivedTests.shared):6443/version", "1", KeepalivedTests.root,
            ])
            .output.hasPrefix("master-")
        }

        private func asks(_ script: String) throws -> Bool { try jump.run([python, "-c", script]).status == 0 }

        /// What clients saw from two seconds before something happened until six after it.
        func load(during action: () throws -> Void) throws -> Load {
            let ask = try Self.text("ask-steadily.py")
            let load = try jump.start([
                python, "-c", ask, "https://\(KeepalivedTests.shared):6443/version", "200", "8", KeepalivedTests.root,
            ])
            Thread.sleep(forTimeInterval: 2)
            try action()
            _ = eventually(within: .seconds(120)) { load.child.printed.contains("}}") }
            return try JSONDecoder().decode(Load.self, from: Data(load.child.printed.utf8))
        }
    }
}
