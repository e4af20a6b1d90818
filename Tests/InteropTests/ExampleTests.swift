import Foundation
import TestSupport
import Testing

/// The project of docs/examples/branch, as somebody who copies it uses it.
@Suite struct ExampleTests {
    private let scratch: Scratch
    private static let example = Repository.root.appendingPathComponent("docs/examples/branch")

    /// A copy without what a build leaves there, and a `slipway` before all others that writes down which commands were called.
    init() throws {
        scratch = try Scratch()
        try copyProject("project")
        try scratch.program(
            "bin/slipway", "echo \"$1\" >>\(scratch.file("called"))\nexec \(Repository.slipway.path) \"$@\"")
    }

    private func copyProject(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: true)
        let files = ["branch.yaml", "branch.lock", "changes.patch", "Makefile", ".github/workflows/bundle.yaml"]
        for file in files {
            try scratch.write("\(name)/\(file)", [UInt8](Data(contentsOf: Self.example.appendingPathComponent(file))))
        }
    }

    private func shell(_ script: String, in project: String = "project") throws -> Child.Outcome {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try Child.run(
            ["/bin/sh", "-ec", script], in: scratch.url.appendingPathComponent(project),
            environment: ["PATH": scratch.file("bin") + ":" + path])
    }

    /// How many bundles a call of make has built.
    private func builds() throws -> Int {
        try scratch.write("called", "")
        let outcome = try shell("make")
        try #require(outcome.status == 0, "\(outcome.transcript)")
        return try scratch.read("called").split(separator: "\n").count { $0 == "bundle" }
    }

    @Test(.needs("make", "patch")) func itIsBuiltAgainExactlyWhenSomethingChanged() throws {
        func later(_ name: String, _ seconds: Double) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date.now.addingTimeInterval(seconds)], ofItemAtPath: scratch.file("project/\(name)")
            )
        }
        #expect(try builds() == 1)
        #expect(try builds() == 0)
        for name in ["branch.yaml", "branch.lock", "branch.secret", "templates/etcd/etcd.service"] {
            try later(name, 5)
            #expect(try builds() == 1, "\(name)")
            try later(name, -100)
            #expect(try builds() == 0, "\(name)")
        }
        // The patch makes the templates, and they the bundle.
        let patch = try scratch.read("project/changes.patch")
        try scratch.write("project/changes.patch", patch.replacing("podPidsLimit: 1024", with: "podPidsLimit: 2048"))
        try later("changes.patch", 5)
        #expect(try builds() == 1)
        let kubelet = try Slipway.run(
            ["cat", "out/branch.tar", "worker-1:/etc/kubernetes/kubelet.yaml"],
            in: scratch.url.appendingPathComponent("project"))
        #expect(kubelet.output.contains("podPidsLimit: 2048"), "\(kubelet.transcript)")
        let clock = try Slipway.run(
            ["cat", "out/branch.tar", "etcd:/etc/systemd/timesyncd.conf.d/10-slipway.conf"],
            in: scratch.url.appendingPathComponent("project"))
        #expect(clock.output.contains("NTP=10.20.0.1"), "\(clock.transcript)")
    }

    @Test(.needs("make", "patch"), .needs(.python)) func continuousIntegrationSeesAnotherPublicDigest() throws {
        #expect(try shell("make && make public-digest").status == 0)
        let steps = try Tool.python.run([
            "-c",
            """
            import json, sys, yaml
            steps = yaml.safe_load(open(sys.argv[1]))["jobs"]["rebuild"]["steps"]
            json.dump([step["run"] for step in steps if "run" in step], sys.stdout)
            """, scratch.file("project/.github/workflows/bundle.yaml"),
        ])
        let commands = try JSONDecoder().decode([String].self, from: Data(steps.output.utf8))
        // Installing the package is another test's.
        #expect(commands.first?.contains("./slipway_*.deb") == true)

        // A checkout has another secrets file, or none.
        try copyProject("checkout")
        try scratch.copy("project/public-digest", to: "checkout/public-digest")
        for command in commands.dropFirst() {
            let outcome = try shell(command, in: "checkout")
            #expect(outcome.status == 0, "\(command): \(outcome.transcript)")
        }
        #expect(
            try scratch.bytes("checkout/branch.secret") != scratch.bytes("project/branch.secret"))

        try copyProject("forgotten")
        try scratch.copy("project/public-digest", to: "forgotten/public-digest")
        let patch = try scratch.read("forgotten/changes.patch")
        try scratch.write("forgotten/changes.patch", patch.replacing("NTP=10.20.0.1", with: "NTP=10.20.0.2"))
        let outcomes = try commands.dropFirst().map { try shell($0, in: "forgotten") }
        #expect(outcomes.map { $0.status == 0 } == [true, true, false], "\(outcomes.map(\.transcript))")
    }
}
