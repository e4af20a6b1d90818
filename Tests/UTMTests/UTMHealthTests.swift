import Foundation
import HostSystem
import Launching
import TestSupport
import Testing

/// `slipway status` and `slipway up --wait` on machines that say how they are, as the applier would say it.
@Suite("slipway status and up --wait", .needsRoot())
struct UTMHealthTests {
    let mac: Mac
    let simple: String

    init() throws {
        mac = try Mac()
        simple = try Bundles.simple.get()
        try mac.must("up", simple, "--provider", "utm")
        mac.hasNetwork = true
        try mac.say("*", health: [])
    }

    private static let nodes = """
        {"nodes":[{"name":"worker-1","ready":true,"version":"v1.36.2"},{"name":"worker-2","ready":false,"version":"v1.36.2","detail":"container runtime is down"}],"leaders":{"etcd":"etcd-1","kube-scheduler":"master-1"}}
        """

    @Test("all is well: 0, and what is applied stands beside it")
    func well() throws {
        let ready = Self.nodes.replacing(
            /"ready":false,"version":"v1.36.2","detail":"[^"]*"/, with: #""ready":true,"version":"v1.36.2""#)
        try mac.say(
            "jump", health: [("slipway-addons.service", "healthy", nil), ("dns", "healthy", "10.96.0.1")], facts: ready)
        let status = try mac.run("status", "simple")
        #expect(status.status == 0, "\(status)")
        let lines = status.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0] == "simple: healthy, 6 of 6 machines healthy")
        #expect(lines[1] == "nodes: 2 of 2 Ready (v1.36.2)")
        #expect(lines[2] == "leaders: etcd etcd-1, kube-scheduler master-1")
        #expect(lines[4].hasPrefix("MACHINE   ROLE"))
        #expect(lines[5...10].allSatisfy { $0.contains("  running  healthy  1 ") }, "\(status.output)")
    }

    @Test(
        "what is not well is named with its reason, and the status is 3",
        arguments: [
            ("sick", "kubelet.service", "restarted 14 times: failed to run Kubelet: no cgroup"),
            ("waiting", "vault.service", "activating for 12 s"), ("unknown", "etcd quorum", "it was not asked"),
        ])
    func ill(_ state: String, _ name: String, _ detail: String) throws {
        try mac.say("worker-1", health: [("containerd.service", "healthy", nil), (name, state, detail)])
        try mac.say("jump", health: [], facts: Self.nodes)
        let status = try mac.run("status", "simple")
        #expect(status.status == 3 && status.errors == "", "\(status)")
        #expect(status.output.hasPrefix("simple: \(state), 5 of 6 machines healthy\nnodes: 1 of 2 Ready (v1.36.2)\n"))
        #expect(status.output.contains("\nworker-1: \(state): \(name): \(detail)\n"))
        #expect(status.output.contains("\nnode worker-2: not Ready: container runtime is down\n"))
        let json = try mac.run("status", "simple", "worker-1", "etcd-1", "--format", "json")
        #expect(json.status == 3)
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(document["health"] as? String == state)
        let machines = try #require(document["machines"] as? [[String: Any]])
        #expect(machines.map { $0["health"] as? String } == ["healthy", state])
        let complaint = try #require((machines[1]["complaints"] as? [[String: String]])?.first)
        #expect(complaint == ["name": name, "title": name, "health": state, "detail": detail])
    }

    @Test("what a machine says does nothing to a terminal")
    func escapes() throws {
        try mac.say(
            "worker-1", health: [("kubelet.service", "sick", "\u{1B}]0;title\u{7}\u{1B}[2Jred\u{9B}31m\r\nmore")])
        for verb in [["status", "simple"], ["up", "simple", "--wait", "--timeout", "1"]] {
            let told = try mac.run(verb)
            let text = told.output + told.errors
            #expect(told.status == 3 && text.contains("worker-1: sick: kubelet.service: "), "\(told)")
            #expect(
                !text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || (0x7F...0x9F).contains($0.value) },
                "\(told)")
        }
    }

    @Test("a machine that does not answer, and one whose applier knows nothing of health")
    func silent() throws {
        try mac.hand("set", "answers", "{\"*\": \"\"}")
        let status = try mac.run("status", "simple", "vault")
        #expect(
            status.status == 3 && status.output.contains("vault: unknown: machine: it does not answer\n"), "\(status)")
        try mac.say("vault", health: nil)
        #expect(
            try mac.run("status", "simple", "vault").output.contains("vault: unknown: health: it did not say in time"))
        let told = try #require((mac.utm["answers"] as? [String: String])?["vault"])
        for (units, status) in [("", Int32(0)), ("vault.service loaded failed failed Vault", 3)] {
            let old = told.replacing("@units\n", with: "@units\n\(units)\n") + "@old\n"
            try mac.hand("set", "answers", String(decoding: try JSONEncoder().encode(["vault": old]), as: UTF8.self))
            let judged = try mac.run("status", "simple", "vault")
            #expect(judged.status == status, "\(judged)")
            #expect(judged.output.contains("vault: sick: vault.service: failed\n") == !units.isEmpty)
        }
    }

    @Test("elsewhere than on a terminal --watch prints what has changed, and nothing twice")
    func watch() throws {
        let watch = try Child(
            starting: [Tool("unshare").requirePath()] + mac.slipway.dropFirst() + [
                "status", "simple", "--watch", "--interval", "1",
            ],
            environment: try mac.environment)
        func heads() -> Int { watch.printed.components(separatedBy: "machines healthy\n").count - 1 }
        func eventually(_ count: Int) -> Bool {
            for _ in 0..<300 where heads() < count { Thread.sleep(forTimeInterval: 0.1) }
            return heads() == count
        }
        #expect(eventually(1))
        try mac.say("etcd-1", health: [("etcd.service", "sick", "no quorum")])
        #expect(eventually(2), "\(watch.printed)")
        #expect(watch.isRunning && watch.printed.contains("etcd-1: sick: etcd.service: no quorum"))
        #expect(!watch.printed.contains("\u{1B}"))
    }

    @Test("up --wait ends with what the cluster has, and how to use it")
    func waited() throws {
        try mac.say("jump", health: [("dns", "healthy", nil)], facts: Self.nodes)
        let up = try mac.run("up", "simple", "--wait", "--timeout", "20")
        #expect(up.status == 0, "\(up)")
        #expect(up.output.contains(/simple: 6 machines, 0 started, 6 healthy after [0-9]+ s\n/))
        #expect(up.output.contains("nodes: 1 of 2 Ready (v1.36.2)\nleaders: etcd etcd-1"))
        #expect(up.output.hasSuffix("kubectl: slipway kubectl simple -- get nodes\n"))
    }

    @Test("up --wait that does not get there: the others' progress, what hangs, its last error, where to look")
    func stalled() throws {
        try mac.say(
            "worker-2",
            health: [
                ("containerd.service", "healthy", nil), ("kubelet.service", "sick", "restarted 9 times: no cgroup"),
            ])
        let up = try mac.run("up", "simple", "--wait", "--timeout", "2")
        #expect(up.status == 3, "\(up)")
        for line in [
            "  etcd-1: healthy\n", "  worker-2: sick: kubelet.service: restarted 9 times: no cgroup\n",
            "error: nothing has moved for 2 s, and 1 of 6 machines is not healthy:\n",
            "       worker-2: sick: kubelet.service: restarted 9 times: no cgroup\n",
            "       Look at: slipway logs simple worker-2 --unit kubelet.service\n",
        ] { #expect(up.errors.contains(line), "\(line) is not in \(up)") }
    }

    @Test("a machine that was stopped meanwhile is not waited for")
    func ended() throws {
        try mac.hand("set", "answers", "{\"*\": \"\"}")
        try mac.must("stop", "simple", "vault", "--grace", "3")
        try mac.hand("trait", "refuse-start", "{\"simple.vault\": 100}")
        let up = try mac.run("up", simple, "--provider", "utm", "--wait", "--timeout", "2")
        #expect(up.status == 3 && up.errors.contains("'simple.vault' is stopped, and not started"), "\(up)")
    }
}

extension Mac {
    /// Has a machine's guest answer as one that has applied its seed and has a report of its health; `*` is every machine.
    ///
    /// - Parameter health: findings by name, state and detail; nil for an applier that has no such command.
    func say(_ machine: String, health: [(String, String, String?)]?, facts: String = "{}") throws {
        var text = """
            @cloud-init
            {"v1": {"errors": []}}
            @units

            @applied
            {"event":"status","generation":1,"manifest":"MANIFEST","run":"ended","pending":false}

            @health

            """
        if let health {
            let findings = health.map { name, state, detail in
                ["name": name, "state": state].merging(detail.map { ["detail": $0] } ?? [:]) { $1 }
            }
            let order = ["healthy", "waiting", "unknown", "sick"]
            let worst =
                health.map(\.1).max { order.firstIndex(of: $0) ?? 0 < order.firstIndex(of: $1) ?? 0 } ?? "healthy"
            let list = String(decoding: try JSONSerialization.data(withJSONObject: findings), as: UTF8.self)
            text +=
                "{\"event\":\"health\",\"state\":\"\(worst)\",\"findings\":\(list),\"absent\":[],\"cluster-facts\":\(facts)}\n"
        }
        var answers = utm["answers"] as? [String: String] ?? [:]
        answers[machine] = text
        let json = String(decoding: try JSONSerialization.data(withJSONObject: answers), as: UTF8.self)
        try hand("set", "answers", json)
    }
}
