import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// Eleven machines that are sealed off, from a signed bundle that was carried here in parts, with a store that it alone filled: what they try to send outside is counted. Kubernetes' servers and Vault are
/// stand-ins; everything else is what it is. In order: each test takes the lab as the one before left it.
@Suite("a sealed-off lab", .serialized, .labPossible, .sealedOffLab)
struct SealedOffLabTests {
    let lab = Lab.current

    private struct Status: Decodable {
        struct SealedOff: Decodable {
            let watched: Bool
            let attempts: Int
            let doubts: [String]
        }
        let health: String
        let sealedOff: SealedOff
    }

    private struct Evidence: Decodable {
        struct Run: Decodable {
            struct Signer: Decodable { let name: String }
            let bundleDigest: String
            let blobs: Int
            let signer: Signer?
            let goal: String?
            let ended: String?
        }
        struct Log: Decodable {
            struct Attempt: Decodable {
                let machine, name, program, unit: String?
                let destination, transport: String
                let port, account: Int?
                let packets: Int
            }
            let attempts: [Attempt]
        }
        let proven: Bool
        let objections: [String]
        let bundleDigest: String
        let runs: [Run]
        let waysOut: [String]
        let total: Int
        let attempts: Log
    }

    private func status() throws -> Status {
        let text = try lab.run([Repository.slipway.path, "status", "lab", "--format", "json"]).output
        return try JSONDecoder().decode(Status.self, from: Data(text.utf8))
    }

    /// The report, as it is filed.
    private func evidence() throws -> (status: Int32, report: Evidence, page: String) {
        let (json, page) = ("\(lab.directory)/evidence.json", "\(lab.directory)/evidence.html")
        let result = try lab.run([Repository.slipway.path, "evidence", "lab", "-o", json, "-o", page])
        let report = try JSONDecoder().decode(
            Evidence.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        return (result.status, report, try String(contentsOfFile: page, encoding: .utf8))
    }

    @Test("every machine is healthy, none tried to leave, and the report says so and who had signed")
    func nobodyLeaves() throws {
        let status = try status()
        #expect(status.health == "healthy")
        #expect(status.sealedOff.watched && status.sealedOff.doubts == [])
        let said = try lab.run([Repository.slipway.path, "status", "lab"]).output
        #expect(status.sealedOff.attempts == 0, "\(said)")
        let (ended, report, page) = try evidence()
        #expect(ended == 0 && report.proven && report.total == 0, "\(report.objections)")
        #expect(report.waysOut == [])
        let run = try #require(report.runs.last)
        #expect(run.bundleDigest == report.bundleDigest && run.blobs > 100)
        #expect(run.signer?.name == "maker@example.org" && run.goal == "healthy" && run.ended != nil)
        #expect(page.contains("<p class=\"count\">0</p>") && page.contains("maker@example.org"))
        #expect(page.contains(report.bundleDigest) && !page.contains("<script"))
        let shown = try lab.slipway("status", "lab")
        #expect(shown.contains("sealed off: 0 attempts to leave since "), "\(shown)")
    }

    @Test("a machine that calls home is caught and named, with address, name, program, unit and account")
    func callsHome() throws {
        let question = "b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4home\\7example\\0\\0\\1\\0\\1'"
        for (unit, machine, program) in [
            ("calls-home", "worker-2", "s.connect(('192.0.2.1', 443))"),
            (
                "asks-names", "etcd-1",
                "s=k.socket(k.AF_INET,k.SOCK_DGRAM); s.settimeout(20); s.sendto(\(question),('192.0.2.53',53)); s.recv(1)"
            ),
        ] {
            let script = "import socket as k; s=k.socket(); s.settimeout(20)\n" + program
            let started = try lab.run([
                Repository.slipway.path, "exec", "lab", machine, "--", "systemd-run", "--quiet", "--collect",
                "--unit=\(unit)", "--property=User=nobody", "python3", "-c", script,
            ])
            #expect(started.status == 0, "\(started)")
        }
        #expect(try lab.eventually(within: 60) { try evidence().report.attempts.attempts.count >= 2 })
        let (ended, report, page) = try evidence()
        #expect(ended == 3 && !report.proven, "\(report)")
        let call = try #require(report.attempts.attempts.first { $0.destination == "192.0.2.1" })
        #expect(call.machine == "worker-2" && call.transport == "tcp" && call.port == 443)
        #expect(call.program == "python3" && call.unit == "calls-home.service" && call.account == 65_534, "\(call)")
        let name = try #require(report.attempts.attempts.first { $0.destination == "192.0.2.53" })
        #expect(name.machine == "etcd-1" && name.name == "home.example" && name.port == 53 && name.packets == 1)
        #expect(name.unit == "asks-names.service", "\(name)")
        #expect(Set(report.attempts.attempts.map(\.destination)) == ["192.0.2.1", "192.0.2.53"], "\(report.attempts)")
        #expect(page.contains("udp 192.0.2.53:53 for home.example") && page.contains("calls-home.service"))
        let shown = try lab.run([Repository.slipway.path, "status", "lab"])
        #expect(
            shown.output.contains("attempt: etcd-1: 1 × udp 192.0.2.53:53 for home.example (python3, uid 65534"),
            "\(shown.output)")
    }

    @Test("when nobody counts, that is said, and a start begins it again with the gap on record")
    func gap() throws {
        let paths = "\(lab.state)/lab"
        let found = try lab.run(["pgrep", "-f", "record-attempts nspawn \(paths)$"])
        let recorders = found.output.split(separator: "\n").compactMap { Int32($0) }
        #expect(recorders.count == 1, "\(found)")
        for recorder in recorders { ProcessSignal.kill.send(to: recorder) }
        #expect(try lab.eventually(within: 10) { try !status().sealedOff.watched })
        Thread.sleep(forTimeInterval: 1.5)
        try lab.slipway("start", "lab")
        let state = try status().sealedOff
        #expect(
            state.watched && state.doubts.count == 1 && state.doubts[0].hasPrefix("nobody counted from "), "\(state)")
        #expect(state.attempts > 0, "what was counted before is kept")
        let refused = try lab.run([Repository.slipway.path, "up", lab.bundle, "--name", "lab", "--provider", "utm"])
        #expect(refused.status == 1, "\(refused)")
    }
}

/// Brings the lab up sealed off before the suite's first test, from a bundle that somebody has signed.
struct SealedOffLabTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let lab = Lab("lab", directory: "\(Repository.image)/sealed")
        try await lab.hold(
            instances: ["lab"],
            start: {
                let bundle = try ServerStandIns.bundle(in: lab)
                let (key, signers) = ("\(lab.directory)/maker", "\(lab.directory)/signers")
                for arguments in [["-q", "-t", "ed25519", "-N", "", "-C", "maker", "-f", key]] {
                    _ = try Tool.sshKeygen.run(arguments)
                }
                let text = try String(contentsOfFile: "\(key).pub", encoding: .utf8)
                try "maker@example.org \(text)".write(toFile: signers, atomically: true, encoding: .utf8)
                try lab.slipway("sign", bundle, "--key", key)
                let carried = "\(lab.directory)/carried"
                try FileManager.default.createDirectory(atPath: carried, withIntermediateDirectories: true)
                try lab.slipway("export", bundle, "\(carried)/lab.tar", "--split", "40MiB")
                // The last part first; and what the maker has is of no use to whoever has the parts alone.
                let parts = try FileManager.default.contentsOfDirectory(atPath: carried).sorted(by: >)
                let imported = try lab.run(
                    [Repository.slipway.path, "import"] + parts.map { "\(carried)/\($0)" } + [
                        "--store", "\(lab.directory)/store", "--out", "\(lab.directory)/imported",
                        "--allowed-signers", signers,
                    ])
                guard imported.status == 0, parts.count > 2 else {
                    throw Lab.Failed(command: "slipway import of \(parts.count) parts", result: imported)
                }
                try FileManager.default.removeItem(atPath: carried)
                let here = try FileManager.default.contentsOfDirectory(atPath: "\(lab.directory)/imported")
                guard let name = here.first(where: { $0.hasSuffix(".tar") }) else {
                    throw Lab.Failed(command: "slipway import", said: "no bundle among \(here)")
                }
                try lab.slipway(
                    "up", "\(lab.directory)/imported/\(name)", "--store", "\(lab.directory)/store",
                    "--base", "\(Repository.image)/base", "--sealed-off", "--allowed-signers", signers,
                    "--wait", "--timeout", "240", limit: 400)
            }, traces: { try Traces.find(of: lab, instances: ["lab"]) }, during: body)
    }
}

extension Trait where Self == SealedOffLabTrait {
    static var sealedOffLab: Self { SealedOffLabTrait() }
}
