import Foundation
import TestSupport
import Testing

/// What cannot be made of a topology that reads well: releases that do not belong together, and keys that nobody has, as `slipway check` shows them to a person: every pair that is refused and every one that is warned
/// about, with its message, its place and what to write instead.
@Suite struct VersionRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// Lines of the topology, which begin in line 4.
        let lines: String
        /// `error[SUBJECT]` or `warning[SUBJECT]`, and the message.
        let finding: String
        /// Line and column.
        let place: String
        let help: String
        var now = "2026-11-24"
        var testDescription: String { "\(lines.replacing("\n", with: ", ")): \(finding)" }
        var isError: Bool { finding.hasPrefix("error") }
    }

    private static func kubernetes(_ version: String, _ more: String, cni: String = "calico") -> String {
        "kubernetes: { version: \(version), cni: \(cni) }\nversions: { \(more) }"
    }

    static let refused: [Case] = [
        Case(
            lines: "kubernetes: { version: 1.31.14 }",
            finding: "error[kubernetes.version]: Kubernetes 1.31.14 is not supported",
            place: "4:24", help: "supported are 1.32 to 1.37; without this key it is 1.36.4"),
        Case(
            lines: "kubernetes: { version: 1.38.0 }",
            finding: "error[kubernetes.version]: Kubernetes 1.38.0 is not supported",
            place: "4:24", help: "supported are 1.32 to 1.37"),
        Case(
            lines: "kubernetes: { version: 2.36.4 }",
            finding: "error[kubernetes.version]: Kubernetes 2.36.4 is not supported",
            place: "4:24", help: "supported are 1.32 to 1.37"),
        Case(
            lines: kubernetes("1.36.4", "etcd: 3.4.45"), finding: "error[versions.etcd]: etcd 3.4.45 is not supported",
            place: "5:19", help: "remove the line, or write 'etcd: 3.6.14'; known are 3.5.x, 3.6.x, 3.7.x"),
        Case(
            lines: kubernetes("1.32.13", "etcd: 4.0.0"), finding: "error[versions.etcd]: etcd 4.0.0 is not supported",
            place: "5:19", help: "write 'etcd: 3.5.33'"),
        Case(
            lines: kubernetes("1.36.4", "containerd: 1.6.39"),
            finding: "error[versions.containerd]: containerd 1.6.39 is not supported", place: "5:25",
            help: "write 'containerd: 2.3.4'; known are 1.7.x and 2.x"),
        Case(
            lines: kubernetes("1.36.4", "containerd: 3.0.0"),
            finding: "error[versions.containerd]: containerd 3.0.0 is not supported", place: "5:25",
            help: "write 'containerd: 2.3.4'"),
        Case(
            lines: kubernetes("1.36.4", "containerd: 2.3.4") + "\nguest: { kernel: shared, cgroups: none }",
            finding:
                "error[versions.containerd]: containerd 2.3.4 cannot run without control groups, and guest.cgroups is none",
            place: "5:25", help: "write 'versions: { containerd: 1.7.34 }', or 'cgroups: delegated'"),
        Case(
            lines: "guest: { kernel: shared, cgroups: none }",
            finding:
                "error[guest.cgroups]: containerd 2.3.4 cannot run without control groups, and guest.cgroups is none",
            place: "4:35", help: "write 'versions: { containerd: 1.7.34 }', or 'cgroups: delegated'"),
        Case(
            lines: kubernetes("1.36.4", "runc: 2.0.0"), finding: "error[versions.runc]: runc 2.0.0 is not supported",
            place: "5:19", help: "write 'runc: 1.4.3'; known is 1.x"),
        Case(
            lines: kubernetes("1.36.4", "cni-plugins: 0.9.1", cni: "bridge"),
            finding:
                "error[versions.cni-plugins]: CNI plugins 0.9.1 do not know version 1.0.0 of the CNI specification",
            place: "5:26", help: "write 'cni-plugins: 1.9.1'"),
        Case(
            lines: kubernetes("1.36.4", "coredns: 1.8.3"),
            finding:
                "error[versions.coredns]: CoreDNS 1.8.3 asks for discovery.k8s.io/v1beta1, which Kubernetes 1.36 no longer has",
            place: "5:22", help: "write 'coredns: 1.14.2'; 1.8.4 is the first that works"),
        Case(
            lines: kubernetes("1.36.4", "calico: 2.6.0"),
            finding: "error[versions.calico]: Calico 2.6.0 is not supported",
            place: "5:21", help: "write 'calico: 3.32.1'; known is 3.x"),
        Case(
            lines: kubernetes("1.36.4", "vault: 1.14.10"),
            finding: "error[versions.vault]: Vault 1.14.10 is not supported",
            place: "5:20", help: "write 'vault: 2.0.4'; known are 1.15 to 2.x"),
        Case(
            lines: kubernetes("1.36.4", "vault: 3.0.0"), finding: "error[versions.vault]: Vault 3.0.0 is not supported",
            place: "5:20", help: "write 'vault: 2.0.4'"),
    ]

    static let warned: [Case] = [
        Case(
            lines: kubernetes("1.36.4", "containerd: 1.7.34"),
            finding:
                "warning[versions.containerd]: containerd 1.7.34 is not supported by upstream with Kubernetes 1.36: "
                + "1.35 was the last for containerd 1.x",
            place: "5:25", help: "write 'containerd: 2.3.4'; the kubelet of 1.38 will not start with it at all"),
        Case(
            lines: kubernetes("1.37.1", "containerd: 1.7.34"),
            finding:
                "warning[versions.containerd]: containerd 1.7.34 is not supported by upstream with Kubernetes 1.37",
            place: "5:25", help: "write 'containerd: 2.3.4'"),
        Case(
            lines: kubernetes("1.35.9", "containerd: 1.7.24"),
            finding:
                "warning[versions.containerd]: containerd 1.7.24 is older than 1.7.28, from which on upstream supports 1.7 "
                + "with Kubernetes 1.35",
            place: "5:25", help: "write 'containerd: 2.2.7'"),
        Case(
            lines: kubernetes("1.36.4", "containerd: 2.0.11"),
            finding:
                "warning[versions.containerd]: containerd 2.0.11 is not among those that upstream lists for Kubernetes 1.36 "
                + "(from 2.3.0, 2.2.0 on, each in its series)",
            place: "5:25", help: "write 'containerd: 2.3.4'"),
        Case(
            lines: kubernetes("1.36.4", "etcd: 3.5.16"),
            finding:
                "warning[versions.etcd]: etcd 3.5.16 is older than 3.5.24, the oldest that upstream's kubeadm accepts",
            place: "5:19", help: "write 'etcd: 3.6.14'"),
        Case(
            lines: kubernetes("1.36.4", "etcd: 3.7.1"),
            finding:
                "warning[versions.etcd]: etcd 3.7.1 is newer than what upstream tests Kubernetes 1.36 with (3.6.8)",
            place: "5:19", help: "write 'etcd: 3.6.14'"),
        Case(
            lines: kubernetes("1.36.4", "calico: 3.28.0"),
            finding:
                "warning[versions.calico]: Calico 3.28.0 is not among those that upstream tests with Kubernetes 1.36 (3.32, 3.33)",
            place: "5:21", help: "write 'calico: 3.32.1'"),
        Case(
            lines: kubernetes("1.32.13", "calico: 3.32.1"),
            finding:
                "warning[versions.calico]: Calico 3.32.1 is not among those that upstream tests with Kubernetes 1.32 "
                + "(3.29, 3.30, 3.31)",
            place: "5:21", help: "write 'calico: 3.31.7'"),
        Case(
            lines: "kubernetes: { version: 1.34.11 }",
            finding: "warning[kubernetes.version]: upstream's patches for Kubernetes 1.34 ended on 2026-10-27",
            place: "4:24",
            help: "1.37.1 has them until 2027-10-28"),
        Case(
            lines: kubernetes("1.35.9", "containerd: 1.7.34"),
            finding: "warning[versions.containerd]: upstream's support for containerd 1.7 ended on 2026-09-30",
            place: "5:25",
            help: "2.3.4 has it until 2028-04-30"),
        Case(
            lines: kubernetes("1.36.4", "vault: 1.15.4"),
            finding: "warning[versions.vault]: upstream's support for vault 1.15 ended on 2024-10-08", place: "5:20",
            help: "2.0.4 has it"),
        Case(
            lines: kubernetes("1.36.4", "etcd: 3.5.33"),
            finding: "warning[versions.etcd]: upstream's support for etcd 3.5 ended on 2027-07-08", place: "5:19",
            help: "3.7.1 has it", now: "2027-07-09"),
    ]

    /// Keys that are to be made anew and that nobody has.
    static let unreached: [Case] = [
        Case(
            lines: "pki: { generations: { etcd-server/worker-1: 2 } }",
            finding: "error[pki.generations.etcd-server/worker-1]: 'worker-1' has no etcd-server key", place: "4:23",
            help: "who has one: etcd-1; 'etcd-server' alone means all of them"),
        Case(
            lines: "pki: { generations: { kubelet-client/master-1: 2 } }",
            finding: "error[pki.generations.kubelet-client/master-1]: 'master-1' has no kubelet-client key",
            place: "4:23",
            help: "who has one: worker-1, worker-2"),
        Case(
            lines: "pki: { generations: { admin/vault: 3 } }",
            finding: "error[pki.generations.admin/vault]: 'vault' has no admin key", place: "4:23", help: "operator"),
    ]

    /// Every entry that reaches a key is taken.
    @Test func generationsThatReachAKeyAreTaken() throws {
        let reached =
            "etcd-server/etcd-1: 2, kubelet-client/worker-2: 3, vault: 2, root: 2, ssh-host/jump: 4, admin/operator: 2"
        #expect(try Self.check("pki: { generations: { \(reached) } }", now: "2026-11-24", "--strict").status == 0)
    }

    @Test(arguments: refused + warned + unreached) func isShown(_ test: Case) throws {
        let outcome = try Self.check(test.lines, now: test.now)
        #expect(outcome.status == (test.isError ? 1 : 0), "\(outcome.transcript)")
        let blocks = outcome.errors.components(separatedBy: "\n\n")
        let block = try #require(blocks.first { $0.contains(test.finding) }, "\(outcome.transcript)")
        #expect(block.contains("topology.yaml:\(test.place)\n"), "\(block)")
        #expect(block.contains(test.help), "\(block)")
        if test.isError { #expect(outcome.errors.components(separatedBy: "error[").count == 2, "one cause, one error") }
        // With --strict a warning fails.
        #expect(try Self.check(test.lines, now: test.now, "--strict").status == 1)
    }

    /// A release that fits is not talked about: each minor with what follows from it, while it has support.
    @Test(arguments: [
        ("1.32.13", "2026-02-28"), ("1.33.13", "2026-06-28"), ("1.34.11", "2026-10-27"), ("1.35.9", "2026-11-06"),
        ("1.36.4", "2026-11-24"), ("1.37.1", "2026-11-24"),
    ])
    func whatFollowsFromAMinorFits(version: String, now: String) throws {
        let outcome = try Self.check("kubernetes: { version: \(version) }", now: now, "--strict")
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }

    /// Accepted without a word: other members of the series that upstream names.
    @Test(arguments: [
        kubernetes("1.36.4", "etcd: 3.5.33, containerd: 2.2.7, runc: 1.3.6, coredns: 1.13.1, calico: 3.33.0"),
        kubernetes("1.33.13", "etcd: 3.5.24, containerd: 2.1.9"),
        kubernetes("1.37.1", "etcd: 3.6.14, containerd: 2.4.0"),
    ])
    func neighboursFit(lines: String) throws {
        let outcome = try Self.check(lines, now: "2026-02-01", "--strict")
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }

    /// What the pod network does not use is said, and is no fault.
    @Test(arguments: [("calico", "cni-plugins: 1.9.1", "cni-plugins"), ("bridge", "calico: 3.32.1", "calico")])
    func unusedVersionsAreNoted(cni: String, written: String, key: String) throws {
        let outcome = try Self.check(Self.kubernetes("1.36.4", written, cni: cni), now: "2026-11-24", "--strict")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("note[versions.\(key)]: versions.\(key) is not used: kubernetes.cni is \(cni)"))
    }

    /// The default topologies have nothing to be warned about; those that keep older releases say so themselves.
    @Test(arguments: [("ha", 0), ("ha-full", 0), ("simple", 0), ("ha-classic", 5), ("lab", 4), ("vm", 4)])
    func shippedTopologies(name: String, warnings: Int) throws {
        let spec = Repository.root.appendingPathComponent("topologies/\(name).yaml").path
        let outcome = try Slipway.run(["check", spec, "--now", "2026-11-24"], in: Repository.root)
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.errors.components(separatedBy: "warning[").count - 1 == warnings, "\(outcome.transcript)")
    }

    private static func check(_ lines: String, now: String, _ options: String...) throws -> Child.Outcome {
        let directory = try Scratch()
        let spec = directory.url.appendingPathComponent("topology.yaml")
        let text = """
            version: 1
            name: versions
            epoch: \(now)
            \(lines)
            machines:
              - { name: vault, role: vault, address: 192.168.64.11 }
              - { name: jump, role: jump, address: 192.168.64.12 }
              - { name: etcd-1, role: etcd, address: 192.168.64.21 }
              - { name: master-1, role: control-plane, address: 192.168.64.31 }
              - { name: worker, role: worker, address: 192.168.64.41, count: 2 }

            """
        try Data(text.utf8).write(to: spec)
        return try Slipway.run(["check", "topology.yaml", "--now", now] + options, in: directory.url)
    }
}
