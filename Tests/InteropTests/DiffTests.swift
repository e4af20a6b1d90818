import Foundation
import TestSupport
import Testing

/// `slipway diff`, between bundles that differ in one thing each.
@Suite("what is different between two bundles", .serialized)
struct DiffTests {
    let scratch: Scratch
    let old: String

    init() throws {
        scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("secret")])
        try scratch.write("ha.yaml", String(contentsOf: Repository.topology("ha"), encoding: .utf8))
        try FileManager.default.copyItem(atPath: Repository.templates.path, toPath: scratch.file("templates"))
        old = try Self.build(scratch, "old")
    }

    private static func build(_ scratch: Scratch, _ out: String) throws -> String {
        let made = try Slipway.output([
            "bundle", scratch.file("ha.yaml"), "--secrets", scratch.file("secret"), "--templates",
            scratch.file("templates"), "--out", scratch.file(out), "--format", "json",
        ])
        struct Built: Decodable { let path: String }
        return try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
    }

    private func change(_ file: String, _ old: String, _ new: String) throws {
        let text = try scratch.read(file)
        try #require(text.contains(old))
        try scratch.write(file, text.replacing(old, with: new))
    }

    private func diff(_ more: String...) throws -> Child.Outcome {
        try Slipway.run(["diff", old, try Self.build(scratch, "new")] + more)
    }

    @Test("the same is the same") func equal() throws {
        let outcome = try diff()
        #expect(outcome.status == 0 && outcome.output.contains("nothing is different"), "\(outcome.transcript)")
        let json = try diff("--format", "json")
        #expect(json.status == 0 && json.output.contains(#""equal":true"#), "\(json.transcript)")
    }

    @Test("a setting: its lines once for all machines that have it, the units that restart, and the steps of an up")
    func setting() throws {
        // The same on all workers, where the kubelet's own configuration has each one's address beside the lines.
        try change("templates/kubelet/kubelet.service", "[Unit]\n", "[Unit]\n# maxPods: 50\n")
        let outcome = try diff()
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.output.contains("\nworker-1, worker-2, worker-3\n  changed /"), "\(outcome.output)")
        #expect(outcome.output.components(separatedBy: "+# maxPods: 50").count == 2, "\(outcome.output)")
        #expect(outcome.output.contains("  restarts: kubelet.service\n"), "\(outcome.output)")
        for machine in ["worker-1", "worker-3"] {
            #expect(outcome.output.contains("have \(machine), which is running, apply its new seed"))
        }
        #expect(!outcome.output.contains("etcd-1"), "\(outcome.output)")
        let text = outcome.output
        let place = try #require(text.range(of: "place the seed of worker-1"))
        let tell = try #require(text.range(of: "have worker-1, which is running"))
        #expect(place.lowerBound < tell.lowerBound)
    }

    @Test("patch(1) makes the new file of the old one and the difference", .needs("patch")) func patch() throws {
        try change("templates/base/sysctl.conf", "net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0")
        let end = try scratch.read("templates/base/sysctl.conf")
        try scratch.write("templates/base/sysctl.conf", end + "kernel.x = 1\n")
        let new = try Self.build(scratch, "new")
        let outcome = try Slipway.run(["diff", old, new, "--format", "json"])
        struct Difference: Decodable {
            struct Machine: Decodable {
                struct File: Decodable {
                    let path: String
                    let diff: String?
                }
                let name: String
                let files: [File]
            }
            let machines: [Machine]
        }
        let decoded = try JSONDecoder().decode(Difference.self, from: Data(outcome.output.utf8))
        let file = try #require(decoded.machines.first { $0.name == "worker-2" }?.files.first)
        let name = "worker-2:\(file.path)"
        let target = try scratch.write("target", try Slipway.output(["cat", old, name]))
        let patched = try Tool("patch").run([target], input: "--- target\n+++ target\n" + (file.diff ?? ""))
        #expect(patched.status == 0, "\(patched.transcript)\(file.diff ?? "")")
        #expect(try scratch.read("target") == Slipway.output(["cat", new, name]))
    }

    @Test(
        "a later epoch: lifetimes of certificates, and no key; another generation: the key; another address: the names")
    func certificates() throws {
        try change("ha.yaml", "epoch: 2026-11-22", "epoch: 2027-01-22")
        let later = try diff()
        #expect(later.status == 1, "\(later.transcript)")
        #expect(later.output.contains("epoch: 2026-11-22T00:00:00Z -> 2027-01-22T00:00:00Z"), "\(later.output)")
        let server = "changed /etc/etcd/pki/server.crt\n    etcd-1: valid: 2026-11-2"
        #expect(later.output.contains(server), "\(later.output)")
        #expect(!later.output.contains(": key: "), "\(later.output)")
        #expect(!later.output.contains("server.key"), "\(later.output)")
        try change("ha.yaml", "epoch: 2027-01-22", "epoch: 2026-11-22")
        try change("ha.yaml", "leaf: 1y }", "leaf: 1y }\n  generations: { etcd-server/etcd-1: 2 }")
        let rotated = try diff()
        #expect(rotated.output.contains("etcd-1: key: "), "\(rotated.output)")
        #expect(
            rotated.output.contains("changed /etc/etcd/pki/server.key (secret, and not shown)"), "\(rotated.output)")
        #expect(!rotated.output.contains("PRIVATE KEY") && !rotated.output.contains("etcd-2"), "\(rotated.output)")
        try change("ha.yaml", "\n  generations: { etcd-server/etcd-1: 2 }", "")
        try change("ha.yaml", "192.168.64.21", "192.168.64.25")
        let moved = try diff("--format", "json")
        #expect(
            moved.output.contains(
                #"{"name":"etcd-1: names","new":"etcd-1 localhost 192.168.64.25 127.0.0.1","old":"etcd-1 localhost 192.168.64.21 127.0.0.1"}"#
            ), "\(moved.output)")
        #expect(moved.output.contains(#"{"name":"address","new":"192.168.64.25","old":"192.168.64.21"}"#))
    }

    @Test("machines that come and go, their size, and what an up would do with them") func machines() throws {
        try change("ha.yaml", "memory: 6GiB, disk: 40GiB, count: 3", "memory: 7GiB, disk: 40GiB, count: 4")
        let more = try diff()
        #expect(more.output.contains("machines that come\n  worker-4, worker, 192.168.64.44\n"), "\(more.transcript)")
        #expect(more.output.contains("memory: 6GiB -> 7GiB"), "\(more.output)")
        #expect(more.output.contains("start worker-4\n"), "\(more.output)")
        let new = try Self.build(scratch, "new")
        let fewer = try Slipway.run(["diff", new, old])
        #expect(fewer.output.contains("machines that go\n  worker-4, worker, 192.168.64.44\n"), "\(fewer.transcript)")
        #expect(fewer.output.contains("stop worker-4, which is not in the bundle"), "\(fewer.output)")
    }

    @Test("another secret: every key is told, and none is shown") func secrets() throws {
        try scratch.remove("secret")
        try Slipway.output(["secrets", "new", scratch.file("secret")])
        let outcome = try diff()
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.output.contains("(secret, and not shown)"), "\(outcome.output)")
        for word in ["PRIVATE KEY", "LS0tLS1CRUdJTiBF", "client-key-data"] {
            #expect(!outcome.output.contains(word), "\(word)")
        }
    }
}
