import Foundation
import HostSystem
import LabSupport
import Launching
import TestSupport
import Testing

/// Eleven real machines under systemd-nspawn. In order: each test takes the lab as the one before left it.
@Suite("the lab", .serialized, .labPossible, .lab)
struct LabTests {
    let lab = Lab.current

    static let machines = [
        "haproxy", "vault", "jump", "etcd-1", "etcd-2", "etcd-3", "master-1", "master-2", "worker-1", "worker-2",
        "worker-3",
    ]

    @Test("up leaves all machines applied, and says what waits for absent payloads")
    func everythingIsApplied() throws {
        let status = try lab.status()
        #expect(status.map(\.name) == Self.machines)
        for machine in status {
            #expect(machine.green, "\(machine)")
            #expect(machine.cloudInit == "done")
            #expect(machine.generation == 1)
        }
        let waiting = Dictionary(uniqueKeysWithValues: status.map { ($0.name, $0.waiting) })
        #expect(waiting["master-1"] == ["kube-apiserver", "kube-controller-manager", "kube-scheduler"])
        #expect(waiting["etcd-1"] == [])
        #expect(waiting["vault"] == ["vault"])
    }

    @Test("a second up starts nothing, a second apply changes nothing")
    func nothingToDo() throws {
        #expect(try lab.slipway("up", lab.bundle, "--wait").contains("0 started"))
        let again = try lab.inside("etcd-1", "/run/slipway/depot/slipway-apply", "apply")
        #expect(again.output.contains("0 changed, 0 removed"), "\(again)")
        #expect(try lab.status().allSatisfy { $0.generation == 1 })
    }

    @Test("the etcd members are healthy over the lab's network, and jump reads what it wrote")
    func etcdIsHealthy() throws {
        let health = try lab.jump("etcdctl-cluster endpoint health 2>&1")
        #expect(health.output.components(separatedBy: "is healthy").count == 4, "\(health)")
        #expect(try lab.jump("etcdctl-cluster put greeting hello").output == "OK\n")
        #expect(try lab.jump("etcdctl-cluster get greeting --print-value-only").output == "hello\n")
    }

    @Test("SSH goes from the host to jump, and from jump to all others, and asks nothing")
    func sshAsksNothing() throws {
        #expect(try lab.jump("hostname").output == "jump\n")
        // Without a terminal and without an answer: a question would fail.
        let others = Self.machines.filter { $0 != "jump" }
        let loop = "for name in \(others.joined(separator: " ")); do ssh -n -o BatchMode=yes $name hostname; done"
        #expect(try lab.jump(loop).output == others.map { $0 + "\n" }.joined())
        let direct = try lab.run([Repository.slipway.path, "ssh", "lab", "worker-3", "--", "hostname"])
        #expect(direct.output == "worker-3\n", "\(direct)")
    }

    @Test("HAProxy routes only to a stand-in that answers /readyz, and moves when it dies")
    func haproxyFollowsReadiness() throws {
        func answering(_ count: Int) throws -> String {
            try lab.inside("jump", "/run/who-answers", "\(count)", "192.168.64.10").output.trimmingCharacters(
                in: .newlines)
        }
        try lab.place("who-answers", on: "jump")
        for machine in ["master-1", "master-2"] { try lab.start("stand-in", on: machine) }
        _ = try lab.inside("master-1", "touch", "/run/stand-in-ready")
        // Until a first check has passed, connections go to whoever accepts them: one answer says nothing yet.
        #expect(try lab.eventually(within: 30) { try answering(20) == "master-1" })
        #expect(try answering(20) == "master-1", "master-2's stand-in is not ready")
        _ = try lab.inside("master-2", "touch", "/run/stand-in-ready")
        #expect(try lab.eventually(within: 15) { try answering(10) == "master-1 master-2" })
        _ = try lab.inside("master-1", "systemctl", "kill", "--signal=KILL", "stand-in")
        #expect(try lab.eventually(within: 15) { try answering(5) == "master-2" })
        _ = try lab.inside("master-2", "systemctl", "stop", "stand-in")
    }

    @Test("one etcd stopped: writes go on; two: they fail, and reads with quorum too; started again: nothing is lost")
    func etcdExperiments() throws {
        func acknowledged() throws -> Int {
            Int(
                try lab.inside("jump", "sh", "-c", "tail -n 1 /run/counter-acknowledged 2>/dev/null || echo 0").output
                    .trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
        func goesOn() throws -> Bool {
            let before = try acknowledged()
            return try lab.eventually(within: 30) { try acknowledged() > before + 3 }
        }
        try lab.start("counter", on: "jump")
        #expect(try goesOn())
        #expect(try lab.slipway("stop", "lab", "etcd-1") == "lab: stopped etcd-1\n")
        #expect(try lab.status().first { $0.name == "etcd-1" }?.power == "stopped")
        #expect(try goesOn(), "two of three are a majority")

        try lab.slipway("stop", "lab", "etcd-2")
        #expect(try lab.jump("etcdctl-cluster put --command-timeout=3s alone no").status != 0)
        #expect(try lab.jump("etcdctl-cluster get --command-timeout=3s greeting").status != 0)

        try lab.slipway("start", "lab", "etcd-1", "etcd-2")
        #expect(try lab.eventually(within: 60) { try lab.jump("etcdctl-cluster endpoint health").status == 0 })
        #expect(try goesOn())
        _ = try lab.inside("jump", "touch", "/run/counter-stop")
        #expect(
            try lab.eventually(within: 10) { try lab.inside("jump", "systemctl", "is-active", "counter").status != 0 })
        let written = try lab.inside("jump", "cat", "/run/counter-acknowledged").output.split(separator: "\n")
        let kept = try lab.jump("etcdctl-cluster get --prefix counter/ --print-value-only").output.split(
            separator: "\n")
        #expect(written.count > 10)
        #expect(Set(written).subtracting(kept) == [], "every acknowledged write is there")
    }

    @Test(
        "a container that containerd starts, in the pod network, reaches one on another worker; images outlive a restart"
    )
    func containers() throws {
        for worker in ["worker-1", "worker-2"] { try TestImage.place(on: worker, of: lab) }
        // No share of the processors is set, since the host may lend its controllers to no machine.
        let ctr = ["ctr", "--namespace", "k8s.io"]
        let page = "mkdir /tmp/www; echo from-worker-2 >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"
        let server = try lab.run(
            [Repository.slipway.path, "exec", "lab", "worker-2", "--"] + ctr
                + ["run", "--detach", "--cpu-shares", "0", "--cni", TestImage.reference, "server", "sh", "-c", page])
        #expect(server.status == 0, "\(server)")
        let address = try lab.inside("worker-2", "cat", "/run/cni-ipam/slipway/last_reserved_ip.0").output
        #expect(address.hasPrefix("10.244."), "the worker's own range: \(address)")
        let client = try lab.run(
            [Repository.slipway.path, "exec", "lab", "worker-1", "--"] + ctr
                + [
                    "run", "--rm", "--cpu-shares", "0", "--cni", TestImage.reference, "client", "wget", "-q", "-T", "5",
                    "-O", "-",
                    "http://\(address):8080/",
                ])
        #expect(client.output == "from-worker-2\n", "\(client)")

        // As the kubelet wants them, in the machine alone.
        let wanted = ["vm/overcommit_memory": "1", "kernel/panic": "10", "kernel/panic_on_oops": "1"]
        let before = try wanted.keys.map { try String(contentsOfFile: "/proc/sys/\($0)", encoding: .utf8) }
        for (name, value) in wanted {
            #expect(try lab.inside("worker-1", "cat", "/proc/sys/\(name)").output == value + "\n")
            #expect(try lab.inside("worker-1", "sh", "-c", "echo 7 >/proc/sys/kernel/printk_ratelimit").status != 0)
        }
        try lab.slipway("stop", "lab", "worker-1")
        #expect(try wanted.keys.map { try String(contentsOfFile: "/proc/sys/\($0)", encoding: .utf8) } == before)
        try lab.slipway("start", "lab", "worker-1")
        #expect(
            try lab.eventually(within: 60) {
                try lab.inside("worker-1", "ctr", "--namespace", "k8s.io", "images", "ls", "-q").output
                    .contains(TestImage.reference)
            })
    }

    @Test("another bundle changes what differs and nothing else; rollback returns")
    func upgrade() throws {
        let changed = "\(lab.directory)/changed.tar"
        try Bundles.build(in: lab, changing: "jump/ansible.cfg", adding: "# Changed.\n", to: changed)
        #expect(try lab.slipway("up", changed, "--wait").contains("updated"))
        let config = "/etc/ansible/ansible.cfg"
        #expect(try lab.inside("jump", "tail", "-n", "1", config).output == "# Changed.\n")
        let log = try lab.slipway("logs", "lab", "jump", "--unit", "slipway-apply")
        let last = log.components(separatedBy: "Starting slipway-apply").last ?? ""
        #expect(last.contains("placed \(config)"))
        #expect(last.components(separatedBy: "placed ").count == 2, "one file: \(last)")
        for machine in try lab.status() {
            #expect(machine.generation == (machine.name == "jump" ? 2 : 1), "\(machine)")
        }

        let back = try lab.inside("jump", "/run/slipway/depot/slipway-apply", "rollback")
        #expect(back.status == 0, "\(back)")
        #expect(try lab.inside("jump", "tail", "-n", "1", config).output != "# Changed.\n")
        try lab.slipway("up", lab.bundle, "--wait")
        #expect(try lab.status().allSatisfy { $0.green })
    }

    @Test("up that was killed is finished by the next one, beside a lab that runs; destroy leaves nothing")
    func killedUp() throws {
        let few = ["etcd-1", "etcd-2", "etcd-3"]
        let up =
            [Repository.slipway.path, "up", lab.bundle] + few + [
                "--name", "second", "--base", "\(Repository.image)/base",
            ]
        for moment in [0.1, 0.3, 0.5, 0.7, 0.9, 1.2] {
            #expect(try lab.run(up, killAfter: moment).status != 1)
        }
        let last = try lab.run(up + ["--wait", "--timeout", "120"], limit: 150)
        #expect(last.status == 0, "\(last)")
        let second = try lab.status("second")
        #expect(second.filter(\.green).map(\.name) == few)
        #expect(second.filter { $0.power == "stopped" }.count == 8)
        let health = try lab.run(
            [
                Repository.slipway.path, "exec", "second", "etcd-1", "--", "ss", "-Htn", "state", "established",
                "( sport = :2380 )",
            ])
        #expect(health.output.contains("192.168.64.22"), "its members found each other: \(health)")
        #expect(try lab.status().allSatisfy { $0.power == "running" }, "the first lab did not notice")
        #expect(try lab.slipway("destroy", "second") == "second: destroyed\n")
        #expect(try Traces.find(of: lab, instances: ["second"]) == [])
        #expect(try lab.slipway("destroy", "second", "--missing-ok") == "second: nothing to destroy\n")
        #expect(try lab.run([Repository.slipway.path, "destroy", "second"]).status == 1)
    }

    @Test("up that fails half way says why, and destroy leaves nothing")
    func failedUp() throws {
        let tree = "\(lab.directory)/broken-tree"
        try FileManager.default.createDirectory(atPath: "\(tree)/usr/lib/systemd", withIntermediateDirectories: true)
        let result = try lab.run([
            Repository.slipway.path, "up", lab.bundle, "jump", "--name", "broken", "--base", tree,
        ])
        #expect(result.status == 3)
        #expect(result.errors.contains("jump did not start; its console ends:"), "\(result)")
        try lab.slipway("destroy", "broken")
        #expect(try Traces.find(of: lab, instances: ["broken"]) == [])
    }
}
