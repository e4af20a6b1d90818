import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// The jump host and etcd's three members of the lab, for drills.
struct DrillLabTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let lab = Lab("lab", directory: "\(Repository.image)/drills")
        try await lab.hold(
            instances: ["lab"],
            start: {
                try lab.slipway(
                    "up", lab.bundle, "jump", "etcd-1", "etcd-2", "etcd-3", "--base", "\(Repository.image)/base",
                    "--wait",
                    "--timeout", "200", limit: 240)
            }, traces: { try Traces.find(of: lab, instances: ["lab"]) }, during: body)
    }
}

/// Drills as a person runs them; etcd, its machines and what breaks are real. In order: the last test leaves an etcd that forgets.
@Suite("drills in the lab", .serialized, .labPossible, DrillLabTrait())
struct DrillLabTests {
    let lab = Lab.current

    private func drill(_ arguments: String..., ended: [String] = []) throws -> (status: Int32, text: String) {
        let drills = ["--drills", Repository.root.appendingPathComponent("drills").path]
        let isRun = arguments.first == "run"
        let result = try lab.run(
            ended + [Repository.slipway.path, "drill"] + arguments + (isRun ? drills : []), limit: 200)
        return (result.status, result.output + result.errors)
    }

    @Test(
        "a leader killed, one cut off one way, two of three without power, a damaged file: each verdict is good, with a report"
    )
    func goodVerdicts() throws {
        let names = [
            "etcd-leader-killed", "etcd-leader-one-way", "etcd-two-of-three-down", "etcd-configuration-damaged",
        ]
        let page = "\(lab.directory)/report.html"
        let run = try lab.run(
            [Repository.slipway.path, "drill", "run", "lab"] + names + [
                "--report", page, "--drills", try patient(names),
            ],
            limit: 300)
        #expect(run.status == 0, "\(run)")
        for name in names {
            let stem = "\(lab.directory)/report-\(name)"
            #expect(
                try String(contentsOfFile: stem + ".html", encoding: .utf8).contains("The cluster did what it should."))
            let figures = try JSONDecoder().decode(
                Figures.self, from: Data(contentsOf: URL(fileURLWithPath: stem + ".json")))
            #expect(figures.good && figures.lost == 0, "\(name): \(figures)")
            #expect(figures.acknowledged > 5 && figures.registerOperations > 5, "\(name): \(figures)")
        }
        #expect(run.errors.contains("etcd.service is killed on etcd-"), "\(run)")
    }

    /// The drills that ship, with the times that a host keeps on which all other tests run as well.
    private func patient(_ names: [String]) throws -> String {
        let directory = "\(lab.directory)/drills"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for name in names {
            let shipped = Repository.root.appendingPathComponent("drills/\(name).yaml")
            let text = try String(contentsOf: shipped, encoding: .utf8)
            let slow = text.replacing(/(unavailable-at-most|leader-within|healthy-within): [0-9]+s/) { "\($0.1): 100s" }
            #expect(slow != text, "\(name)")
            try slow.write(toFile: "\(directory)/\(name).yaml", atomically: true, encoding: .utf8)
        }
        return directory
    }

    private struct Figures: Decodable {
        let good: Bool
        let lost: Int
        let acknowledged: Int
        let registerOperations: Int
    }

    @Test("a drill that was killed is healed by 'drill heal', one that is interrupted by itself")
    func interrupted() throws {
        let kill = ["timeout", "--signal=KILL", "8"]
        let killed = try drill("run", "lab", "etcd-leader-isolated", ended: kill)
        #expect(killed.status == 137, "\(killed)")
        #expect(try cuts() > 0, "it is cut off still: \(killed)")
        let again = try drill("run", "lab", "etcd-leader-killed")
        #expect(again.status == 3 && again.text.contains("First: slipway drill heal lab"), "\(again)")
        #expect(try drill("heal", "lab").text == "lab: healed what 'etcd-leader-isolated' broke\n")
        #expect(try cuts() == 0)
        #expect(try drill("heal", "lab").text == "lab: nothing to heal\n")

        #expect(try lab.eventually(within: 60) { try healthy() })
        let stopped = try drill("run", "lab", "etcd-leader-frozen", ended: ["timeout", "--signal=INT", "8"])
        #expect(stopped.text.contains("'etcd-leader-frozen' was interrupted; what it broke is healed"), "\(stopped)")
        #expect(try drill("heal", "lab").text == "lab: nothing to heal\n")
        #expect(try lab.status().allSatisfy { $0.power != "paused" })
    }

    /// Ways that lead to a card that nobody has.
    private func cuts() throws -> Int {
        try ["etcd-1", "etcd-2", "etcd-3"].reduce(0) { count, machine in
            let ways = try lab.inside(machine, "ip", "neigh", "show", "nud", "permanent", "dev", "lan0").output
            return count + ways.components(separatedBy: "02:00:00:00:00:00").count - 1
        }
    }

    private func healthy() throws -> Bool {
        try lab.report().machines.filter { $0.power == "running" }.allSatisfy { $0.health == "healthy" }
    }

    @Test("seeded faults are found: a check that lies, a limit that is missed, an etcd whose disk forgets")
    func badVerdicts() throws {
        #expect(try lab.eventually(within: 60) { try healthy() })
        let lie = """
            cp /run/slipway/depot/slipway-apply /run/honest
            printf '#!/bin/sh\\n[ "$1" != check ] || { echo all is well; exit 0; }\\nexec /run/honest "$@"\\n' >/run/liar
            chmod 755 /run/liar
            mount --bind /run/liar /run/slipway/depot/slipway-apply
            """
        for machine in ["etcd-1", "etcd-2", "etcd-3"] { try lab.shell(machine, lie) }
        let believed = try drill("run", "lab", "etcd-configuration-damaged")
        #expect(believed.status == 3 && believed.text.contains("seen: it said nothing of it"), "\(believed)")
        for machine in ["etcd-1", "etcd-2", "etcd-3"] {
            try lab.shell(machine, "umount /run/slipway/depot/slipway-apply")
        }

        // No election takes a tenth of a second.
        let own = "\(lab.directory)/mine.yaml"
        let shipped = Repository.root.appendingPathComponent("drills/etcd-leader-killed.yaml")
        try String(contentsOf: shipped, encoding: .utf8)
            .replacingOccurrences(of: "unavailable-at-most: 6s", with: "unavailable-at-most: 0.1s")
            .write(toFile: own, atomically: true, encoding: .utf8)
        let strict = try lab.run(
            [Repository.slipway.path, "drill", "run", "lab", "--file", own], limit: 120)
        #expect(strict.status == 3, "\(strict)")
        #expect(
            strict.output.contains("mine: expected: no longer than 0.1 s without an acknowledged write"), "\(strict)")

        // As if its disk had kept nothing. Without fsync alone nothing is lost here: under nspawn a power cut ends processes, and what they
        // wrote is with the host's kernel.
        let forget = """
            systemctl stop etcd
            mkdir -p /etc/systemd/system/etcd.service.d
            printf '[Service]\\nExecStartPre=+rm -rf /var/lib/etcd/member\\n' >/etc/systemd/system/etcd.service.d/forget.conf
            systemctl daemon-reload
            """
        // All of them at once: a member that has forgotten does not fit to those that have not.
        for machine in ["etcd-1", "etcd-2", "etcd-3"] { try lab.shell(machine, forget) }
        for machine in ["etcd-1", "etcd-2", "etcd-3"] { try lab.shell(machine, "systemctl start --no-block etcd") }
        #expect(try lab.eventually(within: 60) { try healthy() })
        let forgotten = try drill("run", "lab", "etcd-all-power-cut")
        #expect(forgotten.status == 3 && forgotten.text.contains("acknowledged writes are lost"), "\(forgotten)")
    }
}
