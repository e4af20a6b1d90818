import BundleFormat
import TestSupport
import Testing
import Values

@testable import Applying

/// `slipway-apply health`: what is asked, and what is said of it.
@Suite("health, asked")
struct HealthCommandTests {
    private static let loopback = IPv4Address(rawValue: 0x7F00_0001)
    private static let checks = [
        HealthCheck(
            "etcd-quorum", "etcd quorum", needs: ["etcd.service"], patience: 10,
            .http(address: loopback, port: 2381, path: "/health"), .member("health", equals: "true", reason: "reason")),
        HealthCheck(
            "nodes", "nodes", patience: 60,
            .program(
                .init("/usr/local/bin/kubectl", ["get", "nodes"], environment: ["HOME": "/var/x"], user: "addons")),
            .nodes(["worker-1"])),
    ]
    private static let active =
        "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nJob=0\nNRestarts=0\n"

    private let machine: SampleMachine
    private let services = RecordingServices()

    init() throws {
        machine = try SampleMachine()
        try machine.writeDepot()
        try machine.scratch.write("root/etc/passwd", "root:x:0:0::/root:/bin/sh\naddons:x:991:987::/var/x:/bin/false\n")
        services.units["etcd.service"] = Self.active + "ActiveEnterTimestampMonotonic=130000000\n"
        services.probes = [
            "2381/health": ProbeAnswer(outcome: .succeeded, text: #"{"health":"true","reason":""}"#),
            "kubectl get nodes": ProbeAnswer(outcome: .succeeded, text: "worker-1\tTrue\tv1.36.2\t\n"),
        ]
        services.spaces = ["/": DiskSpace(device: 1, free: 1 << 30, total: 2 << 30, freeFiles: 5000, totalFiles: 9000)]
    }

    private func report() throws -> HealthReport {
        let options = try ApplyOptions(parsing: ["health", "--root", machine.root])
        return try HealthCommand(Session(options, services: services, report: { _ in })).run()
    }

    /// The report once the sample is applied; everything is well but what a test changes.
    private func applied(hasEtcd: Bool = true) throws -> HealthReport {
        if !hasEtcd { try machine.scratch.remove("depot/\(SampleMachine.etcdMember.digest.blobPath)") }
        #expect(try machine.run("apply", seed: machine.writeSeed("A", checks: Self.checks)).error == nil)
        return try report()
    }

    @Test("all is well, and programs run as who they are for")
    func healthy() throws {
        let report = try applied()
        #expect(report.state == .healthy && report.complaints.isEmpty, "\(report.text)")
        #expect(
            report.findings.map(\.name) == ["systemd-sysctl.service", "etcd.service", "disk /", "etcd-quorum", "nodes"])
        #expect(report.identity == AppliedState.Identity(cluster: "lab", machine: "etcd-1", role: .etcd))
        #expect(report.cluster.nodes == [.init(name: "worker-1", isReady: true, version: "v1.36.2")])
        guard case .program(let command)? = services.probed.last?.kind else {
            Issue.record("no program was run")
            return
        }
        #expect(
            command.description
                == "setpriv --reuid=addons --regid=987 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all"
                + " -- /usr/local/bin/kubectl get nodes")
        #expect(command.environment == ["HOME": "/var/x"])
    }

    @Test("before anything was applied, and below another root")
    func early() throws {
        #expect(try report().findings == [.init("machine", .waiting, "nothing has been applied yet")])
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let options = try ApplyOptions(parsing: ["health", "--root", machine.root])
        let offline = try HealthCommand(Session(options, services: OfflineServices(), report: { _ in })).run()
        #expect(offline.state == .unknown)
    }

    @Test("a unit in a restart loop is named with its last error line, and its checks are not asked")
    func loop() throws {
        services.units["etcd.service"] =
            "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nJob=0\nNRestarts=31\nResult=exit-code\n"
        services.probes["_SYSTEMD_UNIT=etcd.service"] = ProbeAnswer(
            outcome: .succeeded, text: "starting\nopen /var/lib/etcd: permission denied\nbye\n")
        let report = try applied()
        #expect(report.state == .sick)
        #expect(
            report.complaints == [
                .init(
                    "etcd.service", .sick,
                    "ended (exit-code) and is started again, 31 times so far: open /var/lib/etcd: permission denied"),
                .init("etcd-quorum", title: "etcd quorum", .unknown, "etcd.service does not run"),
            ])
        #expect(!services.probed.contains { if case .http = $0.kind { true } else { false } })
    }

    @Test("a hung start is sick after its time, and what needs the unit waits until then")
    func hung() throws {
        func hang(since: Int) {
            services.units["etcd.service"] =
                "LoadState=loaded\nActiveState=activating\nSubState=start\nJob=3\nTimeoutStartUSec=1min 30s\n"
                + "InactiveExitTimestampMonotonic=\(since)\n"
        }
        hang(since: 690_000_000)
        #expect(
            try applied().complaints == [
                .init("etcd.service", .waiting, "has been starting for 10 s"),
                .init("etcd-quorum", title: "etcd quorum", .waiting, "waits for etcd.service"),
            ])
        hang(since: 500_000_000)
        #expect(try report().complaints.first?.detail == "has been starting for 200 s, which should take 90 s at most")
    }

    @Test("a check that fails waits while its unit is young, and is sick then")
    func patience() throws {
        services.probes["2381/health"] = ProbeAnswer(
            outcome: .refused("HTTP status 503"), text: #"{"health":"false","reason":"RAFT NO LEADER"}"#)
        #expect(try applied().complaints == [.init("etcd-quorum", title: "etcd quorum", .sick, "RAFT NO LEADER")])
        services.units["etcd.service"] = Self.active + "ActiveEnterTimestampMonotonic=695000000\n"
        #expect(try report().complaints == [.init("etcd-quorum", title: "etcd quorum", .waiting, "RAFT NO LEADER")])
    }

    @Test("what could not be asked is unknown, not healthy")
    func unknown() throws {
        services.probes["kubectl get nodes"] = ProbeAnswer(outcome: .unanswered("no answer within 5 s"))
        let report = try applied()
        #expect(report.complaints == [.init("nodes", title: "nodes", .unknown, "no answer within 5 s")])
        #expect(report.state == .unknown && report.cluster.nodes == nil)
    }

    @Test("an absent payload is named, and what needs it is not looked at")
    func absent() throws {
        let report = try applied(hasEtcd: false)
        #expect(report.absent == ["etcd"])
        #expect(report.findings.map(\.name) == ["systemd-sysctl.service", "disk /", "nodes"])
        #expect(report.state == .healthy)
    }

    @Test("a full disk is sick, by bytes and by files")
    func disk() throws {
        services.spaces["/"] = DiskSpace(device: 1, free: 3 << 20, total: 2 << 30, freeFiles: 5000, totalFiles: 9000)
        services.spaces["/var/lib"] = services.spaces["/"]
        services.spaces["/run"] = DiskSpace(device: 2, free: 1 << 30, total: 2 << 30, freeFiles: 3, totalFiles: 90_000)
        #expect(
            try applied().complaints == [
                .init("disk /", .sick, "full: 3 of 2048 MiB are free"),
                .init("disk /run", .sick, "full: 3 more files can be made"),
            ])
    }

    @Test("a unit that is not of the bundle but failed is named too; the applier itself is not")
    func others() throws {
        services.answers["systemctl list-units"] = CommandResult(
            status: 0,
            output: """
                logrotate.service loaded failed failed Rotate log files
                slipway-apply.service loaded activating start Slipway
                etcd.service loaded failed failed etcd
                """)
        services.units["logrotate.service"] =
            "LoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=1\nExecMainCode=1\n"
        #expect(try applied().complaints == [.init("logrotate.service", .sick, "failed: exit-code, status 1")])
    }
}

/// Probes of real programs and sockets.
@Suite("probes")
struct ProberTests {
    private func program(_ words: String..., seconds: Int64 = 5) -> ProbeRequest {
        ProbeRequest(kind: .program(ExternalCommand(words[0], Array(words.dropFirst()))), seconds: seconds)
    }

    @Test("many at once take as long as the slowest, and each answer is its own")
    func together() {
        let begin = ContinuousClock.now
        let answers = Prober.run([
            program("sh", "-c", "echo out; echo err >&2; exit 3"), program("sleep", "100", seconds: 1),
            program("no-such-program"), program("sh", "-c", "sleep 0.5; echo late"),
            program("sh", "-c", "exit 127"), program("sh", "-c", "kill -9 $$"),
        ])
        #expect(ContinuousClock.now - begin < .seconds(10))
        #expect(answers[0] == ProbeAnswer(outcome: .refused("exit status 3"), text: "out\n", errors: "err\n"))
        #expect(answers[1].outcome == .unanswered("no answer within 1 s"))
        #expect(answers[2].complaint.contains("no-such-program is not installed"))
        #expect(answers[3] == ProbeAnswer(outcome: .succeeded, text: "late\n"))
        #expect(answers[4].outcome == .unanswered("could not be run"))
        #expect(answers[5].outcome == .refused("exit status 137"))
    }

    @Test("what a program writes is bounded, and one that leaves a child behind holds nobody up")
    func bounded() {
        let begin = ContinuousClock.now
        let answers = Prober.run([
            program("sh", "-c", "head -c 20000000 /dev/zero"), program("sh", "-c", "sleep 60 & echo done"),
        ])
        #expect(answers[0].isSuccess && answers[0].text.utf8.count == Prober.outputLimit)
        #expect(answers[1] == ProbeAnswer(outcome: .succeeded, text: "done\n"))
        #expect(ContinuousClock.now - begin < .seconds(30))
    }

    @Test("a port that nobody listens on")
    func closed() {
        let address = IPv4Address(rawValue: 0x7F00_0001)
        let answers = Prober.run([
            ProbeRequest(kind: .http(address: address, port: 1, path: "/"), seconds: 2),
            ProbeRequest(kind: .dns(server: IPv4Address(rawValue: 0x7F00_0009), name: "x.y"), seconds: 2),
        ])
        #expect(answers[0].outcome == .unanswered("Connection refused"))
        #expect(!answers[1].isSuccess)
    }
}
