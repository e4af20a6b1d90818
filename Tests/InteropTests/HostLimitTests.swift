import Foundation
import TestSupport
import Testing

/// `doctor` and `up` on a host whose kernel allows less than the machines take. What the kernel says is put in front of the
/// real files, in a mount namespace that nobody else sees.
@Suite(.needsRoot(Tool("unshare"), Tool("mount"), Tool("systemd-nspawn"))) struct HostLimitTests {
    private let directory: Scratch
    private let bundle: String

    init() throws {
        directory = try Scratch()
        let secrets = directory.file("secret")
        try Slipway.output(["secrets", "new", secrets])
        let topology = try directory.write(
            "large.yaml",
            """
            version: 1
            name: large
            epoch: 2026-11-22
            guest: { os: debian-13, architecture: \(Self.architecture), kernel: shared, cgroups: delegated }
            network: { subnet: 192.168.64.0/24, gateway: 192.168.64.1 }
            kubernetes: { cni: bridge }
            machines:
              - { name: haproxy, role: load-balancer, address: 192.168.64.10, cpus: 1, memory: 256MiB, disk: 2GiB }
              - { name: vault, role: vault, address: 192.168.64.11, cpus: 1, memory: 256MiB, disk: 2GiB }
              - { name: jump, role: jump, address: 192.168.64.12, cpus: 1, memory: 256MiB, disk: 2GiB }
              - { name: etcd, role: etcd, address: 192.168.64.21, cpus: 1, memory: 256MiB, disk: 2GiB, count: 5 }
              - { name: master, role: control-plane, address: 192.168.64.31, cpus: 1, memory: 512MiB, disk: 2GiB, count: 3 }
              - { name: worker, role: worker, address: 192.168.64.41, cpus: 1, memory: 512MiB, disk: 2GiB, count: 16 }

            """)
        let built = try Slipway.output([
            "bundle", topology, "--secrets", secrets, "--templates", Repository.templates.path, "--out",
            directory.file("out"), "--format", "json",
        ])
        struct Built: Decodable { let path: String }
        bundle = try JSONDecoder().decode(Built.self, from: Data(built.utf8)).path
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// Runs slipway where the kernel's settings are others.
    private func run(_ arguments: String..., settings: [String: String]) throws -> Child.Outcome {
        var script = ""
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            let path = name.split(separator: ".").joined(separator: "/")
            script += "mount --bind \(try directory.write(name, value + "\n")) /proc/sys/\(path) && "
        }
        let unshare = try Tool("unshare").requirePath()
        return try Child.run(
            [
                unshare, "--mount", "--propagation", "private", "sh", "-c", script + #"exec "$@""#, "sh",
                Repository.slipway.path,
            ] + arguments,
            environment: ["SLIPWAY_STATE": directory.file("state"), "XDG_CACHE_HOME": directory.file("cache")])
    }

    @Test func tooFewInotifyInstancesAreAFailureBeforeAnythingIsMade() throws {
        let low = ["fs.inotify.max_user_instances": "128"]
        let doctor = try run("doctor", bundle, settings: low)
        #expect(doctor.status == 3, "\(doctor.transcript)")
        #expect(doctor.output.contains("failure  inotify instances"), "\(doctor.transcript)")
        #expect(doctor.output.contains("27 machines take 287 inotify instances"), "\(doctor.transcript)")
        #expect(doctor.output.contains("sudo sysctl -w fs.inotify.max_user_instances=1024"), "\(doctor.transcript)")

        let up = try run("up", bundle, "--base", "/", settings: low)
        #expect(up.status == 3, "\(up.transcript)")
        #expect(up.errors.contains("27 machines take 287 inotify instances"), "\(up.transcript)")
        #expect(up.errors.contains("sudo tee -a /etc/sysctl.d/60-slipway.conf"), "\(up.transcript)")
        #expect(!directory.exists("state"))
    }

    @Test func enoughOfEverythingIsSaidSo() throws {
        let enough = [
            "fs.inotify.max_user_instances": "8192", "fs.inotify.max_user_watches": "1000000",
            "kernel.pid_max": "4194304", "kernel.threads-max": "4194304",
            "net.ipv4.neigh.default.gc_thresh3": "8192",
        ]
        let doctor = try run("doctor", bundle, "--format", "json", settings: enough)
        struct Report: Decodable {
            struct Finding: Decodable { let level, subject: String }
            let findings: [Finding]
        }
        let findings = try #require(
            try JSONDecoder().decode([Report].self, from: Data(doctor.output.utf8)).first?.findings)
        for subject in ["inotify instances", "inotify watches", "ARP table", "open files"] {
            #expect(findings.first { $0.subject == subject }?.level == "ok", "\(doctor.transcript)")
        }
    }

    @Test func severalLimitsAreToldTogether() throws {
        let low = [
            "fs.inotify.max_user_instances": "16", "net.ipv4.neigh.default.gc_thresh3": "16", "kernel.pid_max": "301",
        ]
        let up = try run("up", bundle, "--base", "/", settings: low)
        #expect(up.status == 3, "\(up.transcript)")
        for name in low.keys { #expect(up.errors.contains("sudo sysctl -w \(name)="), "\(up.transcript)") }
        #expect(!directory.exists("state"))
    }

    /// Only some of the machines take no more than these.
    @Test func machinesThatAreNotNamedDoNotCount() throws {
        let outcome = try run("doctor", bundle, "jump", settings: ["fs.inotify.max_user_instances": "128"])
        #expect(!outcome.output.contains("failure  inotify"), "\(outcome.transcript)")
    }
}
