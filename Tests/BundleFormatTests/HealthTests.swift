import BundleFormat
import Testing
import Values

@Suite("health documents")
struct HealthTests {
    private static let loopback = IPv4Address(rawValue: 0x7F00_0001)

    private static let checks = [
        HealthCheck(
            "etcd-quorum", "etcd quorum", needs: ["etcd.service"], patience: 10,
            .http(address: loopback, port: 2381, path: "/health"), .member("health", equals: "true", reason: "reason")),
        HealthCheck(
            "dns", "cluster DNS", .dns(server: loopback, name: "kubernetes.default.svc.cluster.local"),
            .says("10.96.0.1")),
        HealthCheck("addons", "add-ons", .unit("etcd.service"), .says("exited")),
        HealthCheck(
            "nodes", "nodes", seconds: 20,
            .program(
                HealthCheck.Program("/usr/local/bin/kubectl", ["get"], environment: ["HOME": "/"], user: "nobody")),
            .nodes(["worker-1", "worker-2"])),
        HealthCheck(
            "servers", "servers", .http(address: loopback, port: 8404, path: "/stats;csv"),
            .haproxyServers(backend: "control-planes")),
    ]

    private func manifest(_ checks: [HealthCheck]) -> MachineManifest {
        MachineManifest(
            cluster: "ha", machine: "etcd-1", role: .etcd, architecture: .arm64,
            units: [MachineUnit(name: "etcd.service", isEnabled: true, startSeconds: 120)],
            checks: checks)
    }

    @Test("checks are in machine.json as they were planned")
    func roundTrip() throws {
        let manifest = manifest(Self.checks)
        #expect(try MachineManifest(parsing: CanonicalJSON.encode(manifest.json)) == manifest)
    }

    @Test("a check that no applier could make is refused, with the reason")
    func refusals() throws {
        func refusal(_ name: String, _ probe: HealthCheck.Probe, _ units: [String] = []) -> String {
            let bytes = CanonicalJSON.encode(manifest([HealthCheck(name, "x", needs: units, probe)]).json)
            do throws(FormatError) { _ = try MachineManifest(parsing: bytes) } catch { return error.description }
            return "accepted"
        }
        let program = HealthCheck.Program("/bin/true", [], user: "root")
        #expect(refusal("a", .program(program)) == "accepted")
        #expect(refusal("a b", .program(program)).hasPrefix("checks[0].name:"))
        #expect(refusal("a", .program(program), ["x.service"]) == "checks[0]: \"x.service\" is no unit here")
        #expect(refusal("a", .unit("-x")).hasPrefix("checks[0].probe.unit:"))
        #expect(refusal("a", .http(address: Self.loopback, port: 1, path: "/ HTTP/1.0\r\n")).contains("probe.path"))
        #expect(refusal("a", .http(address: Self.loopback, port: 1, path: "/a b")).contains("the path of a URL"))
        #expect(refusal("a", .dns(server: Self.loopback, name: "a..b")).contains("a domain name"))
        #expect(refusal("a", .program(.init("sh", [], user: "root"))).contains("probe.path"))
        #expect(refusal("a", .program(.init("/bin/sh", ["\n"], user: "root"))).contains("arguments[0]"))
        #expect(refusal("a", .program(.init("/bin/sh", [], user: "-x"))).contains("probe.user"))
        #expect(
            refusal("a", .program(.init("/bin/sh", [], environment: ["A=B": ""], user: "root"))).contains("variable"))
        #expect(
            refusal("a", .program(.init("/bin/sh", [], environment: ["A": "\n"], user: "root"))).contains("variable"))
    }

    private static let report = HealthReport(
        identity: AppliedState.Identity(cluster: "ha", machine: "jump", role: .jump),
        findings: [
            .init("ssh.service", .healthy), .init("nodes", title: "nodes", .sick, "1 of 2 Ready"),
            .init("api", title: "API through the load balancer", .waiting, "refused"),
        ],
        absent: ["vault"],
        cluster: ClusterFacts(
            nodes: [
                .init(name: "worker-1", isReady: true, version: "v1.36.2"),
                .init(name: "worker-2", isReady: false, version: "", detail: "has not registered"),
            ], leaders: ["etcd": "etcd-2", "kube-scheduler": "master-1"]))

    @Test("a report is read as it was written, its state is the worst of its findings")
    func report() throws {
        let report = Self.report
        #expect(try HealthReport(parsing: CanonicalJSON.encode(report.json)) == report)
        #expect(report.state == .sick)
        #expect(report.complaints.map(\.name) == ["nodes", "api"])
        #expect(HealthReport(identity: nil, findings: []).state == .healthy)
        #expect(Health.allCases.sorted() == [.healthy, .waiting, .unknown, .sick])
    }

    @Test("a report that does not fit is refused, and no text of one reaches a terminal")
    func hostile() throws {
        let long = String(repeating: "x", count: 5000)
        let finding = HealthReport.Finding("x", .sick, "\u{1B}[2J\n" + long)
        #expect(finding.detail?.hasPrefix("?[2J?xxx") == true)
        #expect((finding.detail?.count ?? 0) <= HealthReport.detailLimit + 1)
        let text = String(decoding: CanonicalJSON.encode(Self.report.json), as: UTF8.self)
        for (part, other) in [
            ("\"state\":\"sick\"", "\"state\":\"healthy\""), ("\"ready\":true", "\"ready\":1"),
            ("\"name\":\"worker-1\"", "\"name\":\"../x\""), ("\"findings\":[", "\"findings\":[3,"),
            ("\"absent\":[\"vault\"]", "\"absent\":[\"\\n\"]"),
        ] {
            let hostile = text.replacingFirst(part, with: other)
            #expect(hostile != text, "\(part)")
            #expect(throws: FormatError.self) { try HealthReport(parsing: Array(hostile.utf8)) }
        }
        let many = (0..<5000).map { HealthReport.Finding("\($0)", .sick) }
        #expect(HealthReport(identity: nil, findings: many).findings.count == HealthReport.listLimit)
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(range, other)
    }

    private func replacingCharacters(_ range: Range<Index>, _ other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
