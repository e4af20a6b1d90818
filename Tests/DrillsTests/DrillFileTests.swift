import Diagnostics
import Foundation
import TestSupport
import Testing
import TopologySpec

/// The drills' files: those that ship, and what is said about ones that are wrong.
@Suite("drill files")
struct DrillFileTests {
    private static let directory = Repository.root.appendingPathComponent("drills").path

    @Test("every drill that ships is read without a finding, and teaches in at least three sentences")
    func shipped() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory).sorted()
        #expect(files.count >= 40)
        for file in files {
            let text = try String(contentsOfFile: "\(Self.directory)/\(file)", encoding: .utf8)
            let (drill, said) = Self.read(text, file)
            #expect(said == "", "\(file)")
            #expect(drill.map { $0.why.split(separator: ".").count >= 3 } == true, "\(file)")
        }
    }

    @Test("the program has every drill that ships, from any directory; files of a directory win")
    func embedded() throws {
        let scratch = try Scratch()
        func list(_ arguments: [String]) throws -> [String: String] {
            struct Entry: Decodable { let name, title: String }
            let result = try Child.run(
                ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", scratch.path, Repository.slipway.path]
                    + ["drill", "list", "--format", "json"] + arguments)
            #expect(result.status == 0, "\(result.transcript)")
            let entries = try JSONDecoder().decode([Entry].self, from: Data(result.output.utf8))
            return Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.title) })
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory).filter { $0.hasSuffix(".yaml") }
        let shipped = try list([])
        #expect(Set(shipped.keys) == Set(files.map { String($0.dropLast(5)) }))
        for place in ["drills", "mine"] {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/\(place)", withIntermediateDirectories: true)
            for name in ["vault-sealed", "own"] {
                let text = Self.whole.replacingOccurrences(of: "the leader is killed", with: "of \(place)")
                try text.write(toFile: "\(scratch.path)/\(place)/\(name).yaml", atomically: true, encoding: .utf8)
            }
        }
        for (arguments, place) in [([], "drills"), (["--drills", "mine"], "mine")] {
            let listed = try list(arguments)
            #expect(listed["vault-sealed"] == "of \(place)" && listed["own"] == "of \(place)")
            #expect(listed.count == shipped.count + 1)
        }
    }

    @Test("each fault, target and expectation is read as it stands there")
    func faults() {
        let unit = "unit: etcd.service"
        let cases: [(String, Drill.Fault)] = [
            (
                "foreign-certificate\ncertificate: /etc/pki/a\n\(unit)",
                .foreignCertificate("/etc/pki/a", unit: "etcd.service")
            ),
            ("fill-disk\ndirectory: /run", .fillDisk("/run")), ("use-memory\npercent: 97", .useMemory(percent: 97)),
            ("no-names", .noNames), ("set-clock\nby: -1.5s", .setClock(by: -1500)), ("seal-vault", .sealVault),
            ("overload\nclients: 9", .overload(clients: 9)), ("drain", .drain), ("restore-etcd", .restoreEtcd),
            ("update", .update),
        ]
        for (text, fault) in cases {
            let (drill, said) = Self.read(
                Self.whole.replacingOccurrences(of: "kill-unit\n\(unit)", with: text), "test.yaml")
            #expect(said == "" && drill?.fault == fault, "\(text): \(said)")
        }
        for target in ["active load-balancer", "standby load-balancer", "half of each role", "all machines"] {
            #expect(Drill.Target(target).map { "\($0)" } == target)
        }
        let (drill, said) = Self.read(
            Self.whole.replacingOccurrences(
                of: "expect: {",
                with:
                    "in-turn: true\nneeds: kubernetes\nexpect: { api-silent-at-most: 3s, api-silent-at-least: 1s, status-sees-it: true, pods-move: true,"
            ),
            "test.yaml")
        #expect(said == "" && drill?.isInTurn == true && drill?.needsKubernetes == true)
        #expect(drill?.expectations.apiSilentAtMost == 3000 && drill?.expectations.apiSilentAtLeast == 1000)
        #expect(drill?.expectations.statusSeesIt == true && drill?.expectations.podsMove == true)
    }

    static let whole = """
        version: 1
        title: the leader is killed
        fault: kill-unit
        unit: etcd.service
        on: leader of etcd
        for: 1.5s
        expect: { unavailable-at-most: 5s, healthy-within: 30s }
        why: Because.
        """

    @Test("what stands there is what is read")
    func values() {
        let (drill, said) = Self.read(Self.whole, "test.yaml")
        #expect(said == "")
        #expect(drill?.fault == .killUnit("etcd.service"))
        #expect(drill?.target == .leader)
        #expect(drill?.duration == 1500)
        #expect(drill?.expectations.unavailableAtMost == 5000)
        #expect(drill?.expectations.healthyWithin == 30_000)
    }

    @Test(
        "each mistake is named at its place, with what to do",
        arguments: [
            ("fault: kill-unit", "fault: kill-unti", "test.yaml:3:8", "did you mean 'kill-unit'?"),
            ("on: leader of etcd", "on: leader of worker", "test.yaml:5:5", "'leader of worker' names no machines"),
            ("for: 1.5s", "for: 5 minutes", "test.yaml:6:6", "'5 minutes' is not a time"),
            ("unit: etcd.service", "unit: etcd; reboot", "test.yaml:4:7", "is not a unit"),
            ("unit: etcd.service\n", "", "test.yaml:1:1", "the key 'unit' is missing"),
            ("why: Because.", "wyh: Because.", "test.yaml:8:1", "did you mean 'why'?"),
            ("healthy-within: 30s", "healthy: 30s", "test.yaml:7:36", "unknown key 'healthy'"),
            ("version: 1", "version: 2", "test.yaml:1:10", "this slipway reads version 1"),
            (
                "fault: kill-unit\nunit: etcd.service", "fault: corrupt-file\nfile: /etc/../root", "test.yaml:4:7",
                "is not an absolute path"
            ),
            (
                "fault: kill-unit\nunit: etcd.service", "fault: loss\npercent: 101", "test.yaml:4:10",
                "expected 1 to 100"
            ),
        ])
    func mistakes(_ right: String, _ wrong: String, _ place: String, _ text: String) {
        let broken = Self.whole.replacingOccurrences(of: right, with: wrong)
        #expect(broken != Self.whole)
        let (drill, said) = Self.read(broken, "test.yaml")
        #expect(drill == nil)
        #expect(said.contains("--> \(place)\n") && said.contains(text), "\(said)")
    }

    private static func read(_ text: String, _ file: String) -> (Drill?, String) {
        let source = SourceText(file: file, text: text)
        var report = Report()
        let drill = DrillFile.read(source, name: "test", into: &report)
        return (drill, DiagnosticPrinter(sources: [source]).text(for: report))
    }
}
