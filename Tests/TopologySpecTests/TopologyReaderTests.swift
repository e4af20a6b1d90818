import Diagnostics
import Testing
import TopologySpec
import Values

@Suite struct TopologyReaderTests {
    @Test func readsEveryKeyWithItsPlace() throws {
        let (topology, report) = read(
            """
            version: 1
            name: ha
            epoch: 2026-11-22
            guest: { os: ubuntu-24.04, architecture: arm64, kernel: own }
            network: { subnet: 10.0.0.0/24, dns: [10.0.0.1, 10.0.0.2] }
            kubernetes: { version: 1.32.0, cni: bridge }
            versions: { etcd: 3.5.12, cni-plugins: 1.6.2 }
            vault: { auto-unseal: false }
            pki: { lifetimes: { leaf: 30d }, generations: { etcd: 2 }, subject: { country: DE } }
            users: [{ name: k8s, ssh-keys: [] }]
            machines:
              - { name: worker, role: worker, address: 10.0.0.41, count: 3, cpus: 2, memory: 6GiB, disk: 40GiB }
            """)
        #expect(report.diagnostics.isEmpty)
        let spec = try #require(topology)
        #expect(spec.network.dns.map { $0.value?.description } == ["10.0.0.1", "10.0.0.2"])
        #expect(spec.vault.autoUnseal.value == false)
        #expect(spec.pki.generations.map(\.value.value) == [2])
        #expect(spec.machines.value?.first?.count.value == 3)
        let position = try #require(spec.machines.value?.first?.address.position)
        #expect(position.description == "t.yaml:12:44" && position.length == 9)
    }

    /// Each refusal names its line and column and what to do.
    @Test(arguments: [
        ("machnies: []", "t.yaml:2:1", "unknown key 'machnies'", "did you mean 'machines'?"),
        ("network: { subnt: 10.0.0.0/24 }", "t.yaml:2:12", "unknown key 'subnt'", "did you mean 'subnet'?"),
        ("network: [1]", "t.yaml:2:10", "expected a mapping (key: value), found a list", "without dashes"),
        ("network:", "t.yaml:2:9", "expected a mapping (key: value), found nothing", "write its keys below it"),
        ("vault: { auto-unseal: yes }", "t.yaml:2:23", "expected true or false, found 'yes'", "write true"),
        (
            "machines: [{ count: three }]", "t.yaml:2:21", "expected a whole number, found 'three'",
            "write digits"
        ),
        ("machines: { name: a }", "t.yaml:2:11", "expected a list (- item), found a mapping", "begin each entry"),
        ("name: [a]", "t.yaml:2:7", "expected text, found a list", "without brackets"),
        ("name: &x ha", "t.yaml:2:7", "anchors and aliases are not supported", "write the value out"),
        (
            "name: ha\nname: hb", "t.yaml:3:1", "the key 'name' is written twice in one mapping",
            "first written in line 2"
        ),
        ("network: { pods: a, pods: b }", "t.yaml:2:21", "the key 'pods' is written twice", "first written in line 2"),
        ("machines: [{ count: '3' }]", "t.yaml:2:21", "expected a whole number, found '3'", "remove the quotes"),
        (
            "vault: { auto-unseal: \"true\" }", "t.yaml:2:23", "expected true or false, found 'true'",
            "remove the quotes"
        ),
        ("name: \"ha", "t.yaml:2:7", "this quote is never closed", "add the closing \""),
        ("name: 'ha\nepoch: x", "t.yaml:2:7", "this quote is never closed", "add the closing '"),
        (
            "network: { subnet: a\nusers: []", "t.yaml:2:10", "this brace is never closed",
            "add the closing }"
        ),
        ("users: [a, b\nname: x", "t.yaml:2:8", "this bracket is never closed", "add the closing ]"),
        ("network: { pods: a dns: b }", "t.yaml:2:20", "a comma or a closing } is missing before this", "with commas"),
        ("network:\n\tsubnet: a", "t.yaml:3:1", "YAML is not indented with tabs", "use spaces"),
        ("network:\n  subnet: a\n\tpods: b", "t.yaml:4:1", "YAML is not indented with tabs", "use spaces"),
        ("na\u{200B}me: ha", "t.yaml:2:3", "there is an invisible character here: U+200B", "delete it"),
        ("name: h\u{A0}a", "t.yaml:2:8", "there is an invisible character here: U+00A0", "an ordinary space"),
        ("name:\u{A0}ha\nepoch: x", "t.yaml:2:6", "there is an invisible character here: U+00A0", "an ordinary space"),
        ("name: h\u{1}a", "t.yaml:2:8", "there is a control character here: U+0001", "delete it"),
        (
            "name: ha\n  epoch: x", "t.yaml:3:3", "this line is indented below line 2, which has a value already",
            "use no spaces"
        ),
        ("? [a, b]\n: c", "t.yaml:2:3", "a key must be plain text", "delete the brackets"),
        ("a\n---\nb", "t.yaml", "", ""),
    ])
    func refuses(text: String, place: String, message: String, help: String) throws {
        let (_, report) = read("version: 1\n" + text)
        let finding = try #require(
            report.diagnostics.first { $0.message.contains(message) && $0.severity == .error },
            "\(report.diagnostics)")
        #expect(finding.position?.description.hasPrefix(place) == true)
        #expect(finding.help?.contains(help) == true)
    }

    @Test(arguments: [
        ("", "the file is empty"), ("- a", "expected a mapping"), ("name: a", "the key 'version' is missing"),
    ])
    func refusesWhatIsNoTopology(text: String, message: String) {
        let (_, report) = read(text)
        #expect(report.diagnostics.contains { $0.message.contains(message) })
    }

    @Test func refusesALaterLanguage() {
        let (_, report) = read("version: 2\nmachines: []")
        #expect(report.diagnostics.first?.message == "version 2 of the topology language is unknown")
    }

    /// However much is wrong, memory and output are bounded.
    @Test func countsWhatItDoesNotShow() {
        let (_, report) = read("version: 1\n" + (0..<20_000).map { "k\($0): 1\n" }.joined())
        #expect(report.count == 20_000 && report.diagnostics.count == Report.capacity)
        let text = DiagnosticPrinter(sources: []).text(for: report)
        #expect(text.utf8.count < 4000 && text.hasSuffix("20000 errors; 19980 of them not shown\n"))
    }

    @Test(arguments: [
        "version: 1\na: [" + String(repeating: "a,", count: 300_000) + "]",
        "#" + String(repeating: "x", count: 5 << 20),
    ])
    func refusesWhatIsTooLarge(text: String) {
        let (topology, report) = read(text)
        #expect(topology == nil && report.diagnostics.first?.message.hasPrefix("the file is too large") == true)
    }

    @Test func survivesDeepNesting() {
        for text in ["a: " + String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000) + "a"] {
            let (_, report) = read(text)
            #expect(report.isFatal() && DiagnosticPrinter(sources: []).text(for: report).utf8.count < 1000)
        }
    }

    /// The parser calls itself for each level, on a stack of 512 KiB where the system has no larger one for a thread.
    @Test(arguments: [
        String(repeating: "{ a: ", count: 700) + String(repeating: "}", count: 700),
        String(repeating: "- ", count: 700) + "a",
        (0..<700).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
        (0..<700).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\r"),
    ])
    func deepNestingIsNotFollowed(text: String) {
        let (topology, report) = read(text)
        let message = report.diagnostics.first?.message
        #expect(topology == nil && message == "more than 100 lists and mappings inside one another", "\(message ?? "")")
    }

    /// Many lists, one after another or in comments, are not deep.
    @Test func nestingEndsWithItsBracket() {
        let text =
            "# " + String(repeating: "[", count: 500) + "\nversion: 1\nname: a\nusers: [\n"
            + String(repeating: "{ name: a, ssh-keys: [] },\n", count: 500) + "]\n"
        #expect(!read(text).1.diagnostics.contains { $0.message.contains("inside one another") })
    }

    @Test func reportsEverythingAtOnce() {
        let (_, report) = read("version: 1\nnmae: a\nnetwork: { subnt: b }\nmachines: [{ rloe: c }]")
        #expect(report.count(.error) == 3)
    }

    /// An alias that expands tenfold per line is refused where it first stands, not expanded.
    @Test func doesNotExpandAliases() {
        let levels = (1...12).map {
            "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ",") + "]"
        }
        let (_, report) = read("version: 1\na0: &a0 [x]\n" + levels.joined(separator: "\n"))
        #expect(report.isFatal())
    }

    private func read(_ text: String) -> (Topology?, Report) {
        var report = Report()
        let topology = TopologyReader.read(SourceText(file: "t.yaml", text: text), into: &report)
        return (topology, report)
    }
}
