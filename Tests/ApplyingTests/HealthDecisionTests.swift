import BundleFormat
import Testing
import Values

@testable import Applying

/// What a look at a unit or the answer of a probe means. The answers are those of the real programs.
@Suite("health, decided")
struct HealthDecisionTests {
    /// systemd came up at 100 s of the host's clock, and it is 700 s now.
    private static let health = UnitHealth(now: 700_000_000, begin: 100_000_000)

    private static func service(_ lines: String...) -> UnitState {
        UnitState(
            parsing: (["LoadState=loaded", "UnitFileState=enabled", "Job=0", "Type=exec"] + lines).joined(
                separator: "\n"))
    }

    private static let units: [(UnitState, Int64?, Health, String?)] = [
        (service("ActiveState=active", "SubState=running", "NRestarts=0"), nil, .healthy, nil),
        // Restarts while others came up, long ago.
        (
            service("ActiveState=active", "SubState=running", "NRestarts=6", "ActiveEnterTimestampMonotonic=130000000"),
            nil,
            .healthy, nil
        ),
        // A kubelet that ends every two seconds, at a moment when it runs, and at one when it does not.
        (
            service(
                "ActiveState=active", "SubState=running", "NRestarts=230", "ActiveEnterTimestampMonotonic=698600000"),
            nil,
            .sick, "restarted 230 times, the last time 1 s ago"
        ),
        (
            service(
                "ActiveState=activating", "SubState=auto-restart", "NRestarts=230", "Result=exit-code",
                "ExecMainCode=1",
                "ExecMainStatus=1"), nil,
            .sick, "ended (exit-code, status 1) and is started again, 230 times so far"
        ),
        // One that ends every minute and a half.
        (
            service("ActiveState=active", "SubState=running", "NRestarts=7", "ActiveEnterTimestampMonotonic=620000000"),
            nil,
            .sick, "restarted 7 times, the last time 80 s ago"
        ),
        (
            service(
                "ActiveState=activating", "SubState=auto-restart", "NRestarts=2", "Result=signal", "ExecMainCode=2",
                "ExecMainStatus=9"),
            nil, .waiting, "ended (signal, signal 9) and is started again, 2 times so far"
        ),
        // A hung start: by systemd's own limit, by the plan's, and one that has time left.
        (
            service(
                "ActiveState=activating", "SubState=start", "TimeoutStartUSec=1min 30s",
                "InactiveExitTimestampMonotonic=600000000"), nil,
            .sick, "has been starting for 100 s, which should take 90 s at most"
        ),
        (
            service(
                "ActiveState=activating", "SubState=start", "TimeoutStartUSec=infinity",
                "InactiveExitTimestampMonotonic=570000000"), 120,
            .sick, "has been starting for 130 s, which should take 120 s at most"
        ),
        (
            service(
                "ActiveState=activating", "SubState=start-pre", "TimeoutStartUSec=infinity",
                "InactiveExitTimestampMonotonic=690000000"), 120, .waiting, "has been starting for 10 s"
        ),
        (
            service("ActiveState=failed", "SubState=failed", "Result=oom-kill", "ExecMainCode=2", "ExecMainStatus=9"),
            nil, .sick,
            "failed: oom-kill, signal 9"
        ),
        (service("ActiveState=inactive", "SubState=dead"), nil, .sick, "does not run"),
        (service("ActiveState=inactive", "SubState=dead", "Job=812"), nil, .waiting, "waits for its turn to start"),
        (service("ActiveState=deactivating", "SubState=stop-sigterm"), nil, .waiting, "is being stopped"),
        (
            UnitState(
                parsing:
                    "LoadState=loaded\nActiveState=inactive\nSubState=dead\nType=oneshot\nRemainAfterExit=no\nResult=success\nExecMainStartTimestampMonotonic=5\nJob=0"
            ), nil, .healthy, nil
        ),
        (
            UnitState(parsing: "LoadState=not-found\nActiveState=inactive"), nil, .sick,
            "systemd has no such unit: not-found"
        ),
    ]

    @Test("a unit", arguments: 0..<units.count)
    func unit(_ index: Int) {
        let (state, limit, health, detail) = Self.units[index]
        #expect(Self.health.verdict(state, limit: limit) == Verdict(health, detail))
    }

    @Test(
        "spans of time as systemd writes them",
        arguments: [
            ("1min 30s", 90), ("15min", 900), ("250ms", 0), ("1h 2min 3.5s", 3723), ("infinity", nil), ("", nil),
            ("x", nil),
            ("99999999999999999999s", nil),
        ] as [(String, Int64?)])
    func spans(_ text: String, _ seconds: Int64?) {
        #expect(UnitState(parsing: "TimeoutStartUSec=\(text)").span("TimeoutStartUSec") == (text.isEmpty ? 0 : seconds))
    }

    @Test(
        "of a journal's last lines the one that tells why",
        arguments: [
            ("", nil), ("started\n\n", "started"),
            ("listening\nopen /etc/x: permission denied\nstopping\n", "open /etc/x: permission denied"),
            (
                "I1124 19:30:14.1 1 server.go] ok\nE1124 19:30:14.2 1 kubelet.go] \"Failed\" err=\"x\"\nI1124 19:30:15.0 1 a.go] bye",
                "E1124 19:30:14.2 1 kubelet.go] \"Failed\" err=\"x\""
            ),
        ] as [(String, String?)])
    func words(_ journal: String, _ line: String?) { #expect(LastWords.choose(journal) == line) }

    // MARK: Probes

    private static let now = Timestamp(secondsSince1970: 1_795_548_600)  // 2026-11-24T19:30:00Z

    private static func ok(_ text: String) -> ProbeAnswer { ProbeAnswer(outcome: .succeeded, text: text) }
    private static func no(_ text: String, _ errors: String = "") -> ProbeAnswer {
        ProbeAnswer(outcome: .refused("exit status 1"), text: text, errors: errors)
    }
    private static let silent = ProbeAnswer(outcome: .unanswered("no answer within 5 s"))

    private static let etcd = HealthCheck.Judgement.member("health", equals: "true", reason: "reason")
    private static let readyz = """
        [+]ping ok
        [+]log ok
        [-]etcd failed: reason withheld
        [+]poststarthook/start-apiserver-admission-initializer ok
        readyz check failed
        """
    private static let verdicts: [(HealthCheck.Judgement, ProbeAnswer, Health, String?)] = [
        (etcd, ok(#"{"health":"true","reason":""}"#), .healthy, nil),
        (etcd, no(#"{"health":"false","reason":"RAFT NO LEADER"}"#), .sick, "RAFT NO LEADER"),
        (etcd, no(#"{"health":"false","reason":"ALARM NOSPACE"}"#), .sick, "ALARM NOSPACE"),
        (etcd, ok(#"{"health":"false"}"#), .sick, "health is false"),
        (etcd, ok("<html>"), .sick, "the answer is not JSON"),
        (etcd, silent, .sick, "no answer within 5 s"),
        (.success, ok("ok\n"), .healthy, nil), (.success, silent, .sick, "no answer within 5 s"),
        (.success, ok("unsealed, 6 engines\n"), .healthy, "unsealed, 6 engines"),
        (.success, no("", readyz), .sick, "not ready: etcd"),
        (
            .success,
            no(
                "",
                "The connection to the server 192.168.64.10:6443 was refused - did you specify the right host or port?\n"
            ),
            .sick,
            "The connection to the server 192.168.64.10:6443 was refused - did you specify the right host or port?"
        ),
        (.success, no("", "vault-bootstrap: Vault is sealed\n"), .sick, "vault-bootstrap: Vault is sealed"),
        (.says("exited"), ok("exited"), .healthy, nil),
        (.says("exited"), ok("running"), .sick, "expected exited, found running"),
        (.says("10.96.0.1"), ok("10.96.0.2\n10.96.0.1"), .healthy, nil),
        (.says("10.96.0.1"), no("NXDOMAIN"), .sick, "NXDOMAIN"),
        (.nodes(["w-1", "w-2"]), silent, .unknown, "no answer within 5 s"),
        (
            .nodes(["w-1"]), no("", "Unable to connect to the server: EOF"), .unknown,
            "Unable to connect to the server: EOF"
        ),
        (.leaders(["a"]), no("", "refused"), .unknown, "refused"),
        (.etcdMembers(["a"]), no("", "deadline"), .unknown, "deadline"),
    ]

    @Test("an answer", arguments: 0..<verdicts.count)
    func answer(_ index: Int) {
        let (judgement, answer, health, detail) = Self.verdicts[index]
        #expect(judgement.verdict(answer, now: Self.now) == Verdict(health, detail))
    }

    @Test("nodes: all Ready, one not, one that never registered")
    func nodes() {
        let ready = "w-1\tTrue\tv1.36.2\tkubelet is posting ready status\nw-2\tTrue\tv1.36.2\t\n"
        let judgement = HealthCheck.Judgement.nodes(["w-1", "w-2"])
        let well = judgement.verdict(Self.ok(ready), now: Self.now)
        #expect(well.state == .healthy && well.detail == "2 Ready")
        #expect(well.facts.nodes?.map(\.version) == ["v1.36.2", "v1.36.2"])
        let sick = judgement.verdict(
            Self.ok("w-1\tUnknown\tv1.36.2\tKubelet stopped posting node status.\nstranger\tTrue\tv1\t\n"),
            now: Self.now)
        #expect(
            sick
                == Verdict(
                    .sick, "0 of 2 Ready; w-1 is not, nor are 1 more: Kubelet stopped posting node status.",
                    facts: ClusterFacts(nodes: [
                        .init(
                            name: "w-1", isReady: false, version: "v1.36.2",
                            detail: "Kubelet stopped posting node status."),
                        .init(name: "w-2", isReady: false, version: "", detail: "has not registered"),
                    ])))
    }

    @Test("leaders: who leads, who did, and nobody")
    func leaders() {
        let judgement = HealthCheck.Judgement.leaders(["kube-controller-manager", "kube-scheduler"])
        func verdict(_ first: String, _ second: String) -> Verdict {
            judgement.verdict(
                Self.ok(
                    "kube-controller-manager\t\(first)\t15\nkube-scheduler\t\(second)\t15\n"), now: Self.now)
        }
        let well = verdict("master-1_5b\t2026-11-24T19:29:58.123456Z", "master-2_77\t2026-11-24T19:29:59.000000Z")
        #expect(well.state == .healthy)
        #expect(well.facts.leaders == ["kube-controller-manager": "master-1", "kube-scheduler": "master-2"])
        let stale = verdict("master-1_5b\t2026-11-24T19:20:00.123456Z", "\t2026-11-24T19:29:59.000000Z")
        #expect(stale.state == .sick && stale.facts.leaders == [:])
        #expect(
            stale.detail == "kube-controller-manager: master-1 led until 600 s ago; kube-scheduler: nobody leads")
    }

    private static func member(_ name: String, _ id: String, leader: String, errors: String = "[]") -> String {
        """
        "ClusterID" : 14841639068965178418
        "MemberID" : \(id)
        "Revision" : 1
        "RaftTerm" : 2
        "Version" : "3.5.16"
        "DBSize" : 20480
        "Leader" : \(leader)
        "IsLearner" : false
        "RaftIndex" : 8
        "RaftTerm" : 2
        "RaftAppliedIndex" : 8
        "Errors" : \(errors)
        "Endpoint" : "https://\(name):2379"


        """
    }

    @Test("etcd's members: all, one silent, no leader, two leaders, an alarm")
    func members() {
        let judgement = HealthCheck.Judgement.etcdMembers(["etcd-1", "etcd-2"])
        func verdict(_ blocks: String...) -> Verdict { judgement.verdict(Self.ok(blocks.joined()), now: Self.now) }
        let (one, two) = ("10501334649042878790", "9372538179322589801")
        let well = verdict(Self.member("etcd-1", one, leader: two), Self.member("etcd-2", two, leader: two))
        #expect(well == Verdict(.healthy, "2 members, etcd-2 leads", facts: ClusterFacts(leaders: ["etcd": "etcd-2"])))
        #expect(verdict(Self.member("etcd-1", one, leader: two)).detail == "etcd-2 does not answer")
        let leaderless = verdict(Self.member("etcd-1", one, leader: "0"), Self.member("etcd-2", two, leader: "0"))
        #expect(leaderless.detail == "there is no leader" && leaderless.state == .sick)
        let split = verdict(Self.member("etcd-1", one, leader: one), Self.member("etcd-2", two, leader: two))
        #expect(split.detail == "members name different leaders")
        let full = verdict(
            Self.member("etcd-1", one, leader: one, errors: "[memberID:1 alarm:NOSPACE ]"),
            Self.member("etcd-2", two, leader: one))
        #expect(full.state == .sick && full.detail == "etcd-1: [memberID:1 alarm:NOSPACE ]")
    }

    @Test("HAProxy's servers: up, down with the reason, none")
    func servers() {
        func verdict(_ rows: String...) -> Verdict {
            let header = "# pxname,svname,qcur,status,check_status,last_chk,"
            return HealthCheck.Judgement.haproxyServers(backend: "control-planes")
                .verdict(Self.ok(([header] + rows).joined(separator: "\n")), now: Self.now)
        }
        let (front, back) = ("kubernetes-api,FRONTEND,,OPEN,,,", "control-planes,BACKEND,0,UP,,,")
        let up = "control-planes,master-1,0,UP,L7OK,,"
        #expect(verdict(front, up, back) == Verdict(.healthy, "1 of 1 servers up"))
        #expect(
            verdict(front, up, "control-planes,master-2,0,DOWN,L4CON,\"refused, at step 1\",", back).detail
                == "1 of 2 servers up: master-2 DOWN (L4CON, refused, at step 1)")
        #expect(verdict(front, "control-planes,master-2,0,UP 1/3,L7STS,,", back).state == .sick)
        #expect(verdict(front, back).detail == "backend control-planes has no server")
        #expect(verdict(up, "control-planes,master-1-unchecked,0,no check,,,").detail == "1 of 1 servers up")
    }

    @Test("DNS: an answer with a compressed name, a refusal, and nonsense of every length")
    func dns() {
        let question = DNSMessage.question("kubernetes.default.svc.cluster.local")
        #expect(Array(question.suffix(5)) == [0, 0, 1, 0, 1] && question[12] == 10)
        var answer = question
        answer[2] = 0x85
        answer[3] = 0x80
        answer[7] = 1
        answer += [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 96, 0, 1]
        #expect(DNSMessage.answer(answer) == ProbeAnswer(outcome: .succeeded, text: "10.96.0.1"))
        for length in 0..<answer.count { _ = DNSMessage.answer(Array(answer.prefix(length))) }
        answer[7] = 255
        answer[6] = 255
        _ = DNSMessage.answer(answer)
        answer[3] = 0x83
        #expect(DNSMessage.answer(answer).outcome == .refused("NXDOMAIN"))
        #expect(DNSMessage.answer(question).outcome == .unanswered("the answer is not one of DNS"))
    }

    @Test("HTTP: with a length, in chunks, cut short, and what is none")
    func http() {
        func answer(_ text: String) -> ProbeAnswer { HTTPMessage.answer(Array(text.utf8)) }
        let chunked = "HTTP/1.1 200 OK\r\ncache-control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(answer(chunked + "4\r\nabcd\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n").text == "abcd0123456789")
        #expect(answer(chunked + "4\r\nabcd\r\nA\r\n012").text == "abcd")
        #expect(answer(chunked + "FFFFFFFFFFFFFFFFFFFF\r\n").text == "" && answer(chunked + "-1\r\nx").text == "")
        #expect(answer("HTTP/1.0 200 OK\r\n\r\nok") == ProbeAnswer(outcome: .succeeded, text: "ok"))
        #expect(answer("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nno").outcome == .refused("HTTP status 503"))
        for nonsense in ["", "\r\n\r\n", "HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200"] {
            guard case .unanswered = answer(nonsense).outcome else {
                Issue.record("\(nonsense)")
                continue
            }
        }
    }
}
