import BundleFormat
import Foundation
import TestSupport
import Testing

@testable import Applying

/// The executable itself: streams and exit statuses.
@Suite(.enabled(if: Program.path != nil, "slipway-apply was not built beside the tests"))
struct ProgramTests {
    @Test func jsonLines() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A", files: ["/etc/one": .init(text: "1")], payloads: [], units: [])
        let root = ["--root", machine.root, "--json"]
        let apply = try Program.run(["apply", "--seed", seed, "--depot", machine.depot] + root)
        #expect(apply.status == 0)
        let lines = apply.output.split(separator: "\n")
        #expect(lines.contains(#"{"event":"placed","subject":"/etc/one"}"#))
        #expect(
            lines.last
                == #"{"changed":3,"event":"summary","failed":[],"generation":1,"removed":0,"unchanged":0,"waiting":[]}"#
        )
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        try machine.scratch.remove("root/etc/one")
        let check = try Program.run(["check"] + root)
        #expect(check.status == 1)
        #expect(check.output == #"{"detail":"is missing","event":"drift","subject":"/etc/one"}"# + "\n")
    }

    @Test func errors() throws {
        let machine = try SampleMachine()
        let usage = try Program.run(["applie"])
        #expect(usage.status == 2 && usage.output == "")
        #expect(usage.errors.hasPrefix("slipway-apply: \"applie\" is no command"))
        let missing = try Program.run([
            "apply", "--seed", machine.scratch.file("none"), "--root", machine.root, "--json",
        ])
        #expect(missing.status == 3)
        #expect(missing.output.hasPrefix(#"{"event":"error","exit":3,"message":"no seed: expected "#))
        #expect(try Program.run(["--help"]).output == ApplyOptions.help + "\n")
        #expect(try Program.run(["status", "--root", machine.root]).output == "nothing has been applied yet\n")
    }

    @Test func healthInJSON() throws {
        let machine = try SampleMachine()
        let empty = try Program.run(["health", "--json", "--root", machine.root])
        #expect(empty.status == 1)
        #expect(try HealthReport(parsing: Array(empty.output.utf8)).state == .waiting)
        try machine.writeDepot(hasEtcd: false)
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let offline = try Program.run(["health", "--json", "--root", machine.root])
        let report = try HealthReport(parsing: Array(offline.output.utf8))
        #expect(offline.status == 1 && report.state == .unknown && report.absent == ["etcd"])
        let text = try Program.run(["health", "--root", machine.root]).output
        #expect(text == "unknown: machine (only a machine itself can be asked, not another root)\nabsent: etcd\n")
    }

    @Test func consoleTellsWhatHappens() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        try machine.scratch.write("console", "")
        let console = machine.scratch.file("console")
        let seed = try machine.writeSeed("A")
        let arguments = ["--root", machine.root, "--depot", machine.depot, "--console", console]
        #expect(try Program.run(["apply", "--seed", seed] + arguments).status == 0)
        #expect(try Program.run(["apply", "--seed", seed + "x"] + arguments).status == 3)
        let lines = try machine.scratch.read("console").split(whereSeparator: \.isNewline)
        let reports = lines.compactMap { GuestReport(consoleLine: $0) }
        #expect(reports.count == lines.count && reports.first == .begun)
        #expect(reports.contains(.event(GuestEvent(.placed, "/etc/etcd/etcd.conf.yml"))))
        guard case .failure(3, let message)? = reports.last else {
            Issue.record("\(reports)")
            return
        }
        #expect(message.hasPrefix("no seed"))
        #expect(reports.contains { if case .summary(let summary) = $0 { summary.generation == 1 } else { false } })
        // One that cannot be written holds nothing up.
        let nowhere = [
            "apply", "--seed", seed, "--root", machine.root, "--depot", machine.depot, "--console", "/nowhere/x",
        ]
        #expect(try Program.run(nowhere).status == 0)
    }

    @Test func statusInJSON() throws {
        let machine = try SampleMachine()
        try machine.writeDepot(hasEtcd: false)
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        try machine.scratch.remove("root/etc/hosts")
        let status = try Program.run(["status", "--json", "--root", machine.root])
        #expect(status.status == 0)
        #expect(
            status.output.hasPrefix(
                #"{"cluster":"lab","drift":[{"detail":"is missing","event":"drift","subject":"/etc/hosts"}]"#))
        #expect(
            status.output.hasSuffix(
                #""pending":false,"role":"etcd","run":"ended","units":[],"waiting":["etcd"]}"# + "\n"))
    }
}
