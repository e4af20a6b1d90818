import Foundation
import HostSystem
import TestSupport
import Testing

/// `slipway status --watch` on a terminal, as a terminal emulator shows it.
@Suite("slipway status --watch on a terminal", .needsRoot(), .needs(.python))
struct UTMWatchTests {
    private let mac: Mac
    private let scratch: Scratch

    init() throws {
        mac = try Mac()
        scratch = try Scratch()
        try mac.must("up", try Bundles.simple.get(), "--provider", "utm")
        mac.hasNetwork = true
        try mac.say("*", health: [])
        try mac.say("jump", health: [], facts: #"{"nodes":[],"leaders":{"etcd":"etcd-1","kube-scheduler":"master-1"}}"#)
    }

    private struct Shown: Decodable {
        let lines: [String]
        let raw: String
        let status: Int32?
    }

    /// A terminal of so many columns and rows with the program in it.
    private func terminal(_ columns: Int, _ rows: Int) throws -> Child {
        let script = Repository.root.appendingPathComponent("Tests/UTMTests/StandIn/terminal.py").path
        let slipway = try [Tool("unshare").requirePath()] + mac.slipway.dropFirst()
        return try Child(
            starting: [Tool.python.requirePath(), script, scratch.path, "\(columns)", "\(rows)"] + slipway
                + ["status", "simple", "--watch", "--interval", "1"],
            environment: try mac.environment.merging(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"]) { $1 })
    }

    private func shown() throws -> Shown {
        try JSONDecoder().decode(Shown.self, from: Data(contentsOf: URL(fileURLWithPath: scratch.file("screen.json"))))
    }

    /// What is shown once it is what is waited for, or half a minute later.
    private func shown(when isSo: (Shown) -> Bool) throws -> Shown {
        for _ in 0..<300 {
            if let now = try? shown(), isSo(now) { return now }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return try shown()
    }

    private func tell(_ steps: String) throws {
        // A file that is half written is read again.
        try scratch.write("do.json", "[\(steps)]")
    }

    @Test("80 columns and 24 rows, then fewer; ctrl-C gives the terminal back")
    func screen() throws {
        let child = try terminal(80, 24)
        defer { child.stop() }
        let clock = /[0-9]{2}:[0-9]{2}:[0-9]{2}/
        func plain(_ lines: [String]) -> [String] { lines.map { $0.replacing(clock, with: "12:34:56") } }

        let well = try shown { $0.lines[0].contains("6 of 6") }
        let status = try JSONDecoder().decode(
            Status.self, from: Data(mac.run("status", "simple", "--format", "json").output.utf8))
        let table = status.machines.map { machine in
            [
                machine.name.padding(8), machine.role.padding(13), machine.address.padding(13), "healthy",
                "1 " + (machine.digest ?? "").dropFirst(7).prefix(12),
            ].joined(separator: "  ")
        }
        #expect(
            plain(well.lines)
                == [
                    "simple: healthy, 6 of 6 machines healthy                            12:34:56 UTC",
                    "nodes: 0 of 0 Ready", "leaders: etcd etcd-1, kube-scheduler master-1", "",
                    "MACHINE   ROLE           ADDRESS        STATE    APPLIED",
                ] + table + [
                    "", "vault: absent, and what needs it is not looked at: vault",
                    "jump: absent, and what needs it is not looked at: calico-manifest, etcd, kubect…",
                    "etcd-1: absent, and what needs it is not looked at: etcd",
                    "master-1: absent, and what needs it is not looked at: kube-apiserver, kube-cont…",
                    "worker-1, worker-2: absent, and what needs it is not looked at: containerd, ima…",
                ] + Array(repeating: "", count: 6)
                + ["ctrl-C ends. One look for a program: slipway status simple --format json"], "\(well.lines)")
        #expect(well.raw.hasPrefix("\u{1B}[?1049h") && !well.raw.contains("?1049l"))

        try mac.say("worker-1", health: [("kubelet.service", "sick", "restarted 14 times: no cgroup")])
        let ill = try shown { $0.lines[0].contains("5 of 6") }
        #expect(ill.lines[0].hasPrefix("simple: sick, 5 of 6 machines healthy"))
        #expect(ill.lines.contains("worker-1: sick: kubelet.service: restarted 14 times: no cgroup"), "\(ill.lines)")
        #expect(plain(ill.lines).contains("12:34:56  worker-1: healthy, now sick"), "\(ill.lines)")

        // The machine that is not well is among the few that fit.
        try tell(#"{"size": [60, 12]}"#)
        let small = try shown {
            $0.lines.count == 12 && $0.lines[11].hasPrefix("ctrl-C") && $0.lines[0].hasSuffix("UTC")
        }
        #expect(
            small.lines[0].count == 60 && small.lines.contains { $0.hasPrefix("worker-1  worker") }, "\(small.lines)")
        #expect(small.lines.contains { $0.hasPrefix("and ") && $0.hasSuffix(" more") }, "\(small.lines)")
        #expect(small.lines[11].hasSuffix("…"))

        try tell(#"{"size": [60, 12]}, {"type": "\u0003"}"#)
        let ended = try shown { $0.status != nil }
        #expect(ended.status == -SIGINT)
        #expect(ended.raw.hasSuffix("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"), "\(ended.raw.suffix(80).debugDescription)")
    }

    @Test("told to end it gives the terminal back, too")
    func terminated() throws {
        let child = try terminal(80, 24)
        defer { child.stop() }
        _ = try shown { $0.lines[0].contains("6 of 6") }
        try tell(#"{"signal": \#(SIGTERM)}"#)
        let ended = try shown { $0.status != nil }
        #expect(ended.status == -SIGTERM)
        #expect(ended.raw.hasSuffix("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"), "\(ended.raw.suffix(80).debugDescription)")
    }

    private struct Status: Decodable {
        let machines: [Machine]
        struct Machine: Decodable {
            let name, role, address: String
            let digest: String?
        }
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { padding(toLength: width, withPad: " ", startingAt: 0) }
}
