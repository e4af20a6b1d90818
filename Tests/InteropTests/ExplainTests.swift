import Foundation
import TestSupport
import Testing

/// `slipway explain`, asked about files of a bundle that was just made.
@Suite("what a file is, and where it comes from", .serialized)
struct ExplainTests {
    let scratch: Scratch
    let bundle: String

    init() throws {
        scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("ha.secret")])
        try scratch.write("ha.yaml", String(contentsOf: Repository.topology("ha"), encoding: .utf8))
        let made = try Slipway.output([
            "bundle", scratch.file("ha.yaml"), "--templates", Repository.templates.path, "--out", scratch.file("out"),
            "--format", "json",
        ])
        struct Built: Decodable { let path: String }
        bundle = try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
    }

    private func explain(_ file: String, _ more: String...) throws -> Child.Outcome {
        try Slipway.run(
            ["explain", bundle, file, "--topology", scratch.file("ha.yaml"), "--templates", Repository.templates.path]
                + more)
    }

    /// What `explain` prints of the topology, without this test's directory.
    private func topology(_ output: String) -> [String] {
        output.split(separator: "\n").filter { $0.contains("ha.yaml:") }.map {
            $0.replacing(scratch.path + "/", with: "").replacing("topology", with: "")
                .trimmingCharacters(in: .whitespaces)
        }
    }

    @Test("a line: its text, the template's line, the value, the lines of the topology, and nothing else")
    func line() throws {
        let text = try Slipway.output(["cat", bundle, "etcd-2:/etc/etcd/etcd.conf.yml"])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let number = try #require(lines.firstIndex { $0.hasPrefix("listen-client-urls:") }) + 1
        let outcome = try explain("etcd-2:/etc/etcd/etcd.conf.yml:\(number)")
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.transcript)")
        #expect(outcome.output.contains("  | \(lines[number - 1])\n"), "\(outcome.output)")
        #expect(outcome.output.contains("templates/etcd/etcd.conf.yml:\(number)\n"), "\(outcome.output)")
        #expect(outcome.output.contains("address = 192.168.64.22\n"), "\(outcome.output)")
        #expect(outcome.output.contains("restarts  etcd.service\n"), "\(outcome.output)")
        #expect(outcome.output.contains("https://etcd.io/docs/"), "\(outcome.output)")
        #expect(topology(outcome.output) == ["ha.yaml:25:53  machines[4].address: 192.168.64.22"], "\(outcome.output)")
    }

    @Test("every member of etcd is in what all of them are told; the service network is where the API server finds it")
    func influences() throws {
        let members = try explain("etcd-1:/etc/etcd/etcd.conf.yml")
        for expected in ["machines[3].name: etcd-1", "machines[5].address: 192.168.64.23", "name: ha"] {
            #expect(members.output.contains(expected), "\(expected)\n\(members.output)")
        }
        #expect(!members.output.contains("network.pods"), "\(members.output)")
        let kubelet = try explain("worker-2:/var/lib/kubelet/config.yaml")
        let file = try kubelet.status == 0 ? kubelet : explain("worker-2:/etc/kubernetes/kubelet.yaml")
        #expect(file.output.contains("network.services: 10.96.0.0/12"), "\(file.transcript)")
        #expect(file.output.contains("network.domain: cluster.local"), "\(file.output)")
    }

    @Test("what its template alone says depends on nothing; a line that is included is found in the included file")
    func template() throws {
        let text = try Slipway.output(["cat", bundle, "etcd-1:/etc/systemd/system/etcd.service"])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let number = try #require(lines.firstIndex { $0 == "NoNewPrivileges=true" }) + 1
        let outcome = try explain("etcd-1:/etc/systemd/system/etcd.service:\(number)")
        let sandbox = try String(
            contentsOf: Repository.templates.appendingPathComponent("systemd/sandbox.conf"), encoding: .utf8)
        let place = try #require(sandbox.split(separator: "\n").firstIndex { $0 == "NoNewPrivileges=true" }) + 1
        #expect(outcome.output.contains("templates/systemd/sandbox.conf:\(place)\n"), "\(outcome.transcript)")
        #expect(outcome.output.contains("nothing that is written there changes this line"), "\(outcome.output)")
    }

    private struct Answer: Decodable {
        struct Part: Decodable {
            let line: Int
            let text: String?
        }
        let parts: [Part]?
        let purpose, document: String?
    }

    @Test(
        "all parts together are the file",
        arguments: [
            "haproxy:/etc/haproxy/haproxy.cfg", "master-1:/etc/systemd/system/kube-apiserver.service",
            "worker-1:/etc/hosts", "worker-1:/usr/local/lib/slipway/apply", "jump:/etc/ansible/hosts",
        ])
    func whole(file: String) throws {
        let answer = try JSONDecoder().decode(
            Answer.self, from: Data(try explain(file, "--format", "json").output.utf8))
        let text = try Slipway.output(["cat", bundle, file])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var made = [String](repeating: "", count: lines.count)
        for part in try #require(answer.parts) { made[part.line - 1] += part.text ?? "?" }
        #expect(made == lines)
    }

    @Test("of every file of a role it is said what it is for", arguments: ["haproxy", "vault", "jump", "etcd-1"])
    func purposes(machine: String) throws {
        let listed = try Slipway.output(["inspect", bundle, "--machine", machine, "--format", "json"])
        struct Machine: Decodable {
            struct File: Decodable { let path, origin: String }
            let files: [File]
        }
        for file in try JSONDecoder().decode(Machine.self, from: Data(listed.utf8)).files {
            let answer = try Slipway.run(
                ["explain", bundle, "\(machine):\(file.path)", "--format", "json"], in: URL(fileURLWithPath: "/"))
            let said = try JSONDecoder().decode(Answer.self, from: Data(answer.output.utf8))
            #expect(said.purpose != nil && said.document != nil, "\(file.path) of \(file.origin)")
            #expect(said.parts == nil)
        }
    }

    @Test("secrets are not shown, and neither is what follows from the secrets file") func secrets() throws {
        let kubeconfig = try explain("worker-1:/etc/kubernetes/kubelet.kubeconfig")
        let file = try kubeconfig.status == 0 ? kubeconfig : explain("operator:kubeconfig")
        #expect(file.status == 0, "\(file.transcript)")
        #expect(file.output.contains("secret, and not shown"), "\(file.output)")
        #expect(!file.output.contains("LS0t"), "\(file.output)")
        let key = try explain("etcd-1:/etc/etcd/pki/server.key")
        #expect(key.status == 0 && key.output.contains("pki:etcd-server"), "\(key.transcript)")
        #expect(!key.output.contains("PRIVATE KEY"), "\(key.output)")
    }

    @Test("without the topology the bundle alone is asked; another topology, another file and another line are said")
    func refusals() throws {
        let alone = try Slipway.run(["explain", bundle, "etcd-1:/etc/hosts"], in: URL(fileURLWithPath: "/"))
        #expect(alone.status == 0 && alone.output.contains("--topology FILE"), "\(alone.transcript)")
        #expect(alone.output.contains("line 24 describes etcd-1"), "\(alone.output)")
        let text = try scratch.read("ha.yaml")
        let other = try scratch.write("other.yaml", text.replacing("192.168.64.21", with: "192.168.64.25"))
        let outcome = try Slipway.run([
            "explain", bundle, "etcd-1:/etc/hosts", "--topology", other, "--templates", Repository.templates.path,
        ])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.errors.contains("is not the topology that"), "\(outcome.errors)")
        #expect(outcome.errors.contains("the bundle's file is another"), "\(outcome.errors)")
        let missing = try explain("etcd-1:/etc/host")
        #expect(missing.status == 1 && missing.errors.contains("/etc/hosts"), "\(missing.transcript)")
        let beyond = try explain("etcd-1:/etc/hosts:9999")
        #expect(beyond.status == 1 && beyond.errors.contains("no line 9999"), "\(beyond.transcript)")
        #expect(try explain("etcd-1").status == 2)
    }
}
