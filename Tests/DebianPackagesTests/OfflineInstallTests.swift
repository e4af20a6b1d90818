import Foundation
import TestSupport
import Testing

/// Closures that `slipway lock` and `fetch` brought from Debian's archive, installed by the applier from a bundle's own seeds and depot on
/// machines that reach nobody.
@Suite(
    .serialized, .needs("apt-get", "curl", "gpgv", "bsdtar", "unshare", "pgrep"), .needs(missing: DebianMirror.missing),
    .needsRoot(), .needs(missing: OfflineMachine.missing, advice: "sudo make lab-image"))
struct OfflineInstallTests {
    /// Made once, by the first test.
    private static let bundle = Result { try OfflineBundle() }

    private func boot(_ name: String) throws -> OfflineMachine {
        let machine = try OfflineMachine(try Self.bundle.get().scratch, named: name)
        #expect(try machine.inside("ls", "/sys/class/net").output == "lo\n")
        return machine
    }

    private static let apply = ["/run/depot/slipway-apply", "apply", "--seed", "/run/seed", "--depot", "/run/depot"]

    /// Everything is configured, each of these is installed, and nothing of the transaction is left.
    private func expectInstalled(_ names: [String], on machine: OfflineMachine) throws {
        let audit = try machine.inside("dpkg", "--audit")
        #expect(audit.status == 0 && audit.output.isEmpty, "\(audit.transcript)")
        let states = try machine.inside(["dpkg-query", "--show", "--showformat=${Status}\n"] + names)
        #expect(
            states.output == String(repeating: "install ok installed\n", count: names.count), "\(states.transcript)")
        #expect(try machine.inside("test", "-e", "/usr/sbin/policy-rc.d").status == 1)
        #expect(try machine.inside("test", "-e", "/run/slipway-held-services").status == 1)
    }

    @Test("HAProxy starts once, with the cluster's configuration; other services of packages after the files")
    func balancer() throws {
        let machine = try boot("balancer")
        // HAProxy binds the machine's own.
        #expect(try machine.inside("ip", "address", "add", "192.168.64.10/32", "dev", "lo").status == 0)
        #expect(try machine.inside("dpkg-query", "--show", "haproxy", "keepalived", "cron").status == 1)
        let applied = try machine.inside(Self.apply, limit: .seconds(300))
        #expect(applied.status == 0, "\(applied.transcript)")
        try expectInstalled(["haproxy", "keepalived", "cron"], on: machine)
        #expect(applied.output.contains("started cron.service"), "\(applied.output)")
        #expect(try machine.inside("systemctl", "is-active", "haproxy", "cron").output == "active\nactive\n")
        // Debian's own configuration has never been used: systemd has started the unit once, and ours has the API's port.
        #expect(
            try machine.inside("journalctl", "--unit=haproxy", "--quiet", "--grep=^Started ", "--output=cat").output
                .split(separator: "\n").count == 1)
        #expect(try machine.inside("ss", "-Hltn").output.contains(":6443 "))
        let again = try machine.inside(Self.apply)
        #expect(again.output.contains("0 changed, 0 removed") && !again.output.contains("installed"), "\(again.output)")
    }

    /// The lab's tree has Python, which smaller images lack: with it what Python pre-depends on has to come before it.
    @Test("ansible-core on a machine without Python, by an applier that is killed on the way")
    func jump() throws {
        let machine = try boot("jump")
        let purged = try machine.inside(
            "apt-get", "-qqy", "purge", "python3-minimal", "libpython3-stdlib", "python3.13-minimal",
            "libpython3.13-minimal", limit: .seconds(120))
        #expect(purged.status == 0, "\(purged.transcript)")
        #expect(try machine.inside("test", "-e", "/usr/bin/python3").status == 1)

        let killed = try machine.start(Self.apply)
        let end = ContinuousClock.now + .seconds(60)
        // In the midst of it: some of the packages are unpacked.
        let isUnderWay = "dpkg-query --show --showformat='${db:Status-Abbrev}\\n' | grep -q '^i[UFH]'"
        while try machine.inside("sh", "-c", isUnderWay).status != 0, killed.isRunning, ContinuousClock.now < end {}
        #expect(killed.isRunning, "it ended before it could be killed: \(killed.printed)")
        #expect(try machine.inside("pkill", "--signal=KILL", "--exact", "slipway-apply").status == 0)
        #expect(try machine.inside("pkill", "--signal=KILL", "--exact", "dpkg").status <= 1)
        // What was left says no to nobody else.
        #expect(try machine.inside("/usr/sbin/policy-rc.d", "cron.service", "start").status == 0)
        #expect(try machine.inside("dpkg", "--audit").output != "")

        let applied = try machine.inside(Self.apply, limit: .seconds(300))
        #expect(applied.output.contains("installed packages-jump"), "\(applied.transcript)")
        try expectInstalled(["ansible-core", "python3", "python3-minimal"], on: machine)
        let version = try machine.inside("ansible", "--version")
        #expect(version.status == 0 && version.output.hasPrefix("ansible [core "), "\(version.transcript)")
        let local = try machine.inside("ansible", "localhost", "-m", "ping")
        #expect(local.output.contains("\"ping\": \"pong\""), "\(local.transcript)")
    }

    @Test("what the kubelet and kube-proxy call, on a machine that has some of it")
    func worker() throws {
        let machine = try boot("worker-1")
        #expect(try machine.inside("dpkg-query", "--show", "ipset").status == 1)
        let applied = try machine.inside(Self.apply, limit: .seconds(300))
        #expect(applied.output.contains("installed packages-worker"), "\(applied.transcript)")
        try expectInstalled(["conntrack", "ethtool", "ipset", "iptables", "socat"], on: machine)
    }
}

/// What the program makes of a topology with packages: seeds and a depot, as directories `seed-NAME` and `depot`.
private struct OfflineBundle {
    let scratch: Scratch

    private static let topology = """
        version: 1
        name: offline
        epoch: 2026-11-22
        guest: { os: debian-13, architecture: amd64, kernel: shared, cgroups: none }
        kubernetes: { version: 1.32.3, cni: bridge }
        versions: { containerd: 1.7.24 }
        packages: { jump: [ansible-core] }
        machines:
          - { name: balancer, role: load-balancer, address: 192.168.64.10, packages: [keepalived, cron] }
          - { name: jump, role: jump, address: 192.168.64.12 }
          - { name: etcd-1, role: etcd, address: 192.168.64.21 }
          - { name: master-1, role: control-plane, address: 192.168.64.31 }
          - { name: worker-1, role: worker, address: 192.168.64.41 }

        """
    private static let payloads = ["haproxy", "packages-jump", "packages-on-balancer", "packages-worker"]

    init() throws {
        scratch = try Scratch()
        try scratch.write("offline.yaml", Self.topology)
        let spec = scratch.file("offline.yaml")
        let mirror = try #require(DebianMirror.address)
        try slipway(
            ["lock", spec] + Self.payloads + ["slipway-apply", "--set", "slipway-apply=\(OfflineMachine.applier)"]
                // As old as the mirror may be.
                + ["--archive", "\(mirror) trixie main", "--snapshot", "2026-11-22"])
        try slipway(["fetch", spec])
        try slipway(["secrets", "new", scratch.file("secret")])
        try slipway([
            "bundle", spec, "--secrets", scratch.file("secret"), "--templates", Repository.templates.path, "--out",
            scratch.file("out"),
        ])
        let name = try #require(try scratch.names("out").first { $0.hasSuffix(".tar") })
        let bundle = scratch.file("out/\(name)")
        try slipway(["depot", bundle, scratch.file("depot"), "--directory"])
        try slipway(["extract", bundle, scratch.file("seeds"), "--seeds"])
        for machine in ["balancer", "jump", "worker-1"] {
            let seed = scratch.file("seed-\(machine)")
            try FileManager.default.createDirectory(atPath: seed, withIntermediateDirectories: true)
            let outcome = try Tool("bsdtar").run(["-xf", scratch.file("seeds/\(machine).iso"), "-C", seed])
            try #require(outcome.status == 0, "\(outcome.transcript)")
        }
    }

    private func slipway(_ arguments: [String]) throws {
        let outcome = try Child.run(
            [Repository.slipway.path] + arguments, environment: ["XDG_CACHE_HOME": scratch.file("cache")],
            limit: .seconds(300))
        guard outcome.status == 0 else {
            throw OfflineMachine.Failed(description: "\(arguments): \(outcome.transcript)")
        }
    }
}
