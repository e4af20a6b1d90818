import ClusterModel
import Diagnostics
import Testing

/// `packages:` of a topology and of its machines: who gets what, and what is said of mistakes.
@Suite struct PackageSetTests {
    private static func packages(_ lines: String, on workers: String = "") throws -> [String: PackageSet] {
        let text = Sample.small.replacing("network: {}", with: lines).replacing(
            "count: 3 }", with: "count: 2\(workers) }\n  - { name: extra, role: worker, address: 192.168.64.51 }")
        let (cluster, report) = Sample.resolve(text)
        let machines = try #require(cluster, "\(report.diagnostics)").machines
        return machines.reduce(into: [:]) { $0[$1.name] = $1.packages }
    }

    @Test func byRoleAndByMachine() throws {
        #expect(try Self.packages("network: {}") == [:])
        let byRole = try Self.packages("packages: { jump: [ansible-core], worker: [socat, nfs-common] }")
        #expect(byRole.keys.sorted() == ["extra", "jump", "worker-1", "worker-2"])
        #expect(byRole["jump"]?.payload == "packages-jump" && byRole["jump"]?.names == ["ansible-core"])
        #expect(byRole["worker-1"]?.payload == "packages-worker")
        #expect(byRole["worker-1"]?.names == ["nfs-common", "socat"] && byRole["worker-1"] == byRole["extra"])
        // What a group has beside its role is resolved with it, as one payload that its machines share.
        let both = try Self.packages("packages: { worker: [socat] }", on: ", packages: [htop]")
        #expect(both["worker-2"]?.payload == "packages-on-worker")
        #expect(both["worker-2"]?.names == ["htop", "socat"] && both["worker-1"] == both["worker-2"])
        #expect(both["extra"]?.payload == "packages-worker" && both["extra"]?.names == ["socat"])
        let alone = try Self.packages("network: {}", on: ", packages: [htop]")
        #expect(alone.keys.sorted() == ["worker-1", "worker-2"])
    }

    @Test(arguments: [
        ("packages: { jumpp: [a1] }", "'jumpp' is not a role", "did you mean 'jump'? Packages of one machine"),
        ("packages: { worker-1: [a1] }", "'worker-1' is not a role", "belong into its own entry below 'machines:'"),
        ("packages: [a1]", "expected a mapping (key: value), found a list", "without dashes"),
        ("packages: { jump: ansible-core }", "expected a list (- item), found 'ansible-core'", "write [ansible-core]"),
        (
            "packages: { jump: [ansible-core=2.19] }", "'ansible-core=2.19' is not the name of a package",
            "did you mean 'ansible-core'?; the version is pinned by the lock file"
        ),
        ("packages: { jump: ['libc6:amd64'] }", "'libc6:amd64' is not", "the architecture is the guest's"),
        ("packages: { jump: [htop/trixie-backports] }", "'htop/trixie-backports' is not", "did you mean 'htop'?"),
        ("packages: { jump: [Ansible] }", "'Ansible' is not", "did you mean 'ansible'?"),
        ("packages: { jump: [--force-yes] }", "'--force-yes' is not", "such as ansible-core"),
        ("packages: { jump: [x] }", "'x' is not the name of a package", "beginning with a letter or digit"),
        ("packages: { jump: [htop, socat, htop] }", "the package 'htop' is listed twice", "first in line 4"),
        ("pakages: { jump: [htop] }", "unknown key 'pakages'", "did you mean 'packages'?"),
    ]) func refuses(lines: String, message: String, help: String) throws {
        let (cluster, report) = Sample.resolve(Sample.small.replacing("network: {}", with: lines))
        #expect(cluster == nil)
        let found = try #require(report.diagnostics.first)
        #expect(report.count == 1 && found.message.contains(message), "\(report.diagnostics)")
        #expect(found.position?.line == 4 && found.help?.contains(help) == true, "\(found)")
    }

    @Test func warnsOfWhatIsPointless() throws {
        let (cluster, report) = Sample.resolve(
            Sample.small.replacing("network: {}", with: "packages: { vault: [htop], worker: [socat] }").replacing(
                "count: 3 }", with: "count: 3, packages: [socat] }"))
        #expect(cluster?.machines.last?.packages?.payload == "packages-worker")
        #expect(
            report.diagnostics.map(\.message) == [
                "no machine has the role 'vault'", "the package 'socat' is there for the whole role already",
            ])
        #expect(report.diagnostics.map(\.subject) == ["packages.vault", "machines[3].packages[0]"])
        #expect(report.count(.warning) == 2)
    }

    @Test func aMachineMayAskForSoMany() {
        let names = (0...200).map { "p\($0)" }.joined(separator: ", ")
        let (cluster, report) = Sample.resolve(
            Sample.small.replacing("network: {}", with: "packages: { jump: [\(names)] }"))
        #expect(cluster == nil && report.diagnostics.map(\.message) == ["201 packages are too many"])
    }
}
