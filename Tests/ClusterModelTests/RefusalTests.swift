import ClusterModel
import Diagnostics
import Testing

/// Every semantic refusal: one change to a valid topology, the line it is reported at, what it says and what to do.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let change: String
        let to: String
        let line: Int?
        let message: String
        let help: String
        var severity = Severity.error
        var testDescription: String { message }
    }

    static let names: [Case] = [
        Case(
            change: "name: etcd-1", to: "name: jump", line: 7, message: "two machines are named 'jump'",
            help: "first used in line 6"),
        Case(
            change: "192.168.64.21", to: "192.168.64.12", line: 7,
            message: "the address 192.168.64.12 of 'etcd-1' is already used by 'jump'", help: "first used in line 6"),
        Case(
            change: "192.168.64.21", to: "192.168.64.42", line: 9, message: "is already used by 'etcd-1'",
            help: "first used in line 7"),
        Case(
            change: "name: etcd-1", to: "name: Etcd_1", line: 7, message: "'Etcd_1' cannot be a machine's name",
            help: "did you mean 'etcd-1'?"),
        Case(
            change: "name: small", to: "name: Small", line: 2, message: "'Small' is not a cluster name",
            help: "expected 1 to 32"),
        Case(change: "name: etcd-1, ", to: "", line: 7, message: "the machine has no name", help: "add 'name:"),
        Case(
            change: "role: etcd,", to: "role: etdc,", line: 7, message: "'etdc' is not a role",
            help: "did you mean 'etcd'?"),
        Case(
            change: "role: etcd, ", to: "", line: 7, message: "the machine has no role",
            help: "expected one of: load-balancer"),
        Case(
            change: "name: etcd-1,", to: "name: etcd-1, mac: '01:00:5e:00:00:01',", line: 7,
            message: "is the address of many machines", help: "delete the key"),
        Case(
            change: "count: 3", to: "count: 0", line: 9, message: "a group of 0 machines is not possible",
            help: "expected 1 to 10000"),
        Case(
            change: "name: worker", to: "name: " + String(repeating: "w", count: 52), line: 9,
            message: "is longer than a node's name may be", help: "at most 52"),
        Case(
            change: "name: etcd-1", to: "name: operator", line: 7, message: "no machine can be named 'operator'",
            help: "such as etcd"),
        Case(
            change: "name: jump", to: "name: localhost", line: 6, message: "no machine can be named 'localhost'",
            help: "such as jump"),
        Case(
            change: "name: master-1", to: "name: kubernetes", line: 8, message: "no machine can be named 'kubernetes'",
            help: "such as control-plane"),
        Case(
            change: "name: etcd-1", to: "name: worker-2", line: 9, message: "two machines are named 'worker-2'",
            help: "first used in line 7"),
        Case(
            change: "name: etcd-1", to: "name: Jump", line: 7, message: "'Jump' cannot be a machine's name",
            help: "did you mean 'jump-2'?"),
        Case(
            change: "- { name: etcd-1, role: etcd, address: 192.168.64.21 }",
            to:
                "- { name: jump, role: jump, address: 192.168.64.12 }\n  - { name: e, role: etcd, address: 192.168.64.21 }",
            line: 7, message: "the machine 'jump' is described twice", help: "first used in line 6; remove one"),
    ]

    static let addresses: [Case] = [
        Case(
            change: "192.168.64.21", to: "192.168.65.21", line: 7, message: "is outside network.subnet 192.168.64.0/24",
            help: "up to 192.168.64.254"),
        Case(
            change: "192.168.64.21", to: "192.168.64.1", line: 7, message: "is the gateway",
            help: "choose an unused one"),
        Case(
            change: "192.168.64.21", to: "192.168.64.0", line: 7, message: "is the network address",
            help: "choose an unused one"),
        Case(
            change: "192.168.64.21", to: "192.168.64.255", line: 7, message: "is the broadcast address",
            help: "choose an unused one"),
        Case(
            change: "192.168.64.21", to: "192.168.064.21", line: 7, message: "is not an IPv4 address",
            help: "did you mean 192.168.64.21?"),
        Case(
            change: ", address: 192.168.64.21", to: "", line: 7, message: "the machine has no address",
            help: "add 'address: 192.168.64.10'"),
        Case(
            change: "192.168.64.21", to: "192.168.64.12", line: 7, message: "is already used by 'jump'",
            help: "such as 192.168.64.10"),
        Case(
            change: "network: {}", to: "network: { pods: 10.244.0.0/28 }", line: 4,
            message: "10.244.0.0/28 is too small for pods", help: "expected a prefix of /8 to /26"),
        Case(
            change: "count: 3", to: "count: 5000", line: 9,
            message: "the address 192.168.64.255 of 'worker-215' is the broadcast address", help: "use a larger subnet"),
        Case(
            change: "network: {}", to: "network: { subnet: 10.1.0.0/16 }", line: 6,
            message: "no machine's address is inside network.subnet 10.1.0.0/16", help: "such as 10.1.0.10"),
        Case(
            change: "network: {}", to: "network: { pods: 10.100.0.0/16 }", line: 4, message: "10.100.0.0/16 overlaps",
            help: "choose a range outside"),
        Case(
            change: "network: {}", to: "network: { services: 192.168.0.0/16 }", line: 4,
            message: "192.168.0.0/16 overlaps network.subnet 192.168.64.0/24", help: "for example"),
        Case(
            change: "network: {}", to: "network: { services: 10.97.0.0/12 }", line: 4,
            message: "names an address inside a network, not the network", help: "did you mean 10.96.0.0/12?"),
        Case(
            change: "network: {}", to: "network: { services: 10.0.0.0/8 }", line: 4,
            message: "for services", help: "/12 to /28"),
        Case(
            change: "network: {}", to: "network: { subnet: 192.168.64.0 }", line: 4, message: "is not an IPv4 network",
            help: "such as 192.168.64.0/24"),
        Case(
            change: "network: {}", to: "network: { gateway: 10.1.1.1 }", line: 4,
            message: "is not a host address of network.subnet", help: "usually the first"),
        Case(
            change: "network: {}", to: "network: { domain: Cluster.Local }", line: 4, message: "is not a DNS domain",
            help: "cluster.local"),
        Case(
            change: "network: {}", to: "network: { pods: 10.244.0.0/23 }\nkubernetes: { cni: bridge }", line: 4,
            message: "has room for the pods of 2 workers (a /24 each), and there are 3", help: "larger pod range"),
    ]

    static let settings: [Case] = [
        Case(
            change: "network: {}", to: "kubernetes: { version: 1.31.14 }", line: 4,
            message: "Kubernetes 1.31.14 is not supported", help: "supported are 1.32 to 1.37"),
        Case(
            change: "network: {}", to: "kubernetes: { version: 1.38.0 }", line: 4,
            message: "Kubernetes 1.38.0 is not supported", help: "supported are 1.32 to 1.37"),
        Case(
            change: "network: {}", to: "kubernetes: { version: 1.32 }", line: 4,
            message: "'1.32' is not a release number", help: "such as 1.32.0"),
        Case(
            change: "network: {}", to: "kubernetes: { cni: calcio }", line: 4,
            message: "'calcio' is not a supported pod network", help: "did you mean 'calico'?"),
        Case(
            change: "network: {}", to: "versions: { etcd: 3.4.1 }", line: 4, message: "etcd 3.4.1 is not supported",
            help: "write 'etcd: 3.6.14'"),
        Case(
            change: "network: {}", to: "guest: { architecture: arm46 }", line: 4,
            message: "'arm46' is not a supported architecture", help: "did you mean 'arm64'?"),
        Case(
            change: "network: {}", to: "guest: { cgroups: none }", line: 4, message: "has its own cgroups",
            help: "kernel: shared"),
        Case(
            change: "network: {}", to: "pki: { lifetimes: { leaf: 5y } }", line: 4,
            message: "leaf certificates would live 5y, longer than their issuer's 3y", help: "at most 3y"),
        Case(
            change: "network: {}", to: "pki: { lifetimes: { root: 1y } }", line: 4,
            message: "intermediate certificates would live 5y, longer than their issuer's 1y", help: "at most 1y"),
        Case(
            change: "network: {}", to: "pki: { lifetimes: { leaf: soon } }", line: 4,
            message: "'soon' is not a lifetime", help: "from 1h to 100y"),
        Case(
            change: "network: {}", to: "pki: { generations: { etdc: 2 } }", line: 4, message: "there is no key 'etdc'",
            help: "did you mean 'etcd'?"),
        Case(
            change: "network: {}", to: "pki: { generations: { etcd-peer/etcd-2: 2 } }", line: 4,
            message: "there is no machine 'etcd-2'", help: "did you mean 'etcd-1'?"),
        Case(
            change: "network: {}", to: "pki: { generations: { encryption/etcd-1: 2 } }", line: 4,
            message: "the whole cluster has one encryption key", help: "write 'encryption' alone"),
        Case(
            change: "network: {}", to: "pki: { generations: { etcd-peer/operator: 2 } }", line: 4,
            message: "there is no machine 'operator'", help: "expected KEY or KEY/MACHINE"),
        Case(
            change: "network: {}",
            to:
                "guest: { boot: { kernel: k, initrd: i, arguments: root=/dev/vda \(String(repeating: "a", count: 2034)) } }",
            line: 4, message: "the kernel's command line is 2048 bytes long", help: "reads 2047 and drops the rest"),
        Case(
            change: "network: {}", to: "pki: { generations: { etcd: 0 } }", line: 4,
            message: "generation 0 is out of range", help: "the first is 1"),
        Case(
            change: "network: {}", to: "pki: { subject: { country: Germany } }", line: 4,
            message: "does not fit into a certificate", help: "two capital letters"),
        Case(
            change: "network: {}", to: "users: [{ name: root }]", line: 4, message: "'root' is a system account",
            help: "choose a name of your own"),
        Case(
            change: "network: {}", to: "users: [{ name: k8s, ssh-keys: [hello] }]", line: 4,
            message: "this is not an SSH public key", help: ".pub file"),
        Case(
            change: "network: {}", to: "users: [{ name: k8s, ssh-keys: [-----BEGIN OPENSSH PRIVATE KEY-----] }]",
            line: 4, message: "this is a private key", help: "take it out of this file now"),
        Case(
            change: "epoch: 2026-11-22", to: "epoch: yesterday", line: 3, message: "'yesterday' is not a valid date",
            help: "2026-11-22"),
        Case(
            change: "epoch: 2026-11-22\n", to: "", line: 1, message: "the topology has no epoch",
            help: "never from the clock"),
        Case(
            change: "address: 192.168.64.21", to: "address: 192.168.64.21, memory: 2GB", line: 7,
            message: "'2GB' is not a size", help: "such as 2GiB"),
        Case(
            change: "address: 192.168.64.21", to: "address: 192.168.64.21, memory: 4096", line: 7,
            message: "'4096' is not a size", help: "such as 4GiB"),
        Case(
            change: "address: 192.168.64.21", to: "address: 192.168.64.21, memory: 1500m", line: 7,
            message: "'1500m' is not a size", help: "such as 1500MiB"),
        Case(
            change: "address: 192.168.64.21", to: "address: 192.168.64.21, cpus: 0", line: 7,
            message: "0 CPUs are not possible", help: "1 to 256"),
    ]

    static let roles: [Case] = [
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: master-2, role: control-plane, address: 192.168.64.32 }\n  - { name: etcd-1,", line: 9,
            message: "2 control planes have no load balancer", help: "role: load-balancer"),
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: etcd-2, role: etcd, address: 192.168.64.22 }\n  - { name: etcd-1,", line: 8,
            message: "2 etcd members survive the loss of none, as 1 would: they need 2 for a quorum",
            help: "use 3 or 1", severity: .warning),
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: lb, role: load-balancer, address: 192.168.64.10 }\n  - { name: etcd-1,", line: 7,
            message: "the only load balancer is a single point of failure",
            help:
                "To have two, add '- { name: lb-2, role: load-balancer, address: 192.168.64.13 }' below 'machines:' and "
                + "'api: 192.168.64.14', the address that both share, below 'network:'; to keep one, add 'accepted: [single",
            severity: .note),
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: lb, role: load-balancer, address: 192.168.64.13, count: 2 }\n  - { name: etcd-1,", line: 7,
            message: "two load balancers share no address", help: "add 'api: 192.168.64.10' below 'network:'"),
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: lb, role: load-balancer, address: 192.168.64.13, count: 3 }\n  - { name: etcd-1,", line: 7,
            message: "there are more than two load balancers", help: "two are supported"),
        Case(
            change: "network: {}", to: "network: { api: 192.168.64.9 }", line: 4,
            message: "192.168.64.9 is for two load balancers to share, and there is none",
            help: "add a machine with role: load-balancer"),
        Case(
            change: "network: {}", to: "network: { api: 192.168.65.9 }", line: 4,
            message: "192.168.65.9 is not a host address of network.subnet", help: "that nobody has"),
        Case(
            change: "network: {}", to: "network: { api: 192.168.64.1 }", line: 4,
            message: "192.168.64.1 is the gateway", help: "that nobody has"),
        Case(
            change: "network: {}", to: "network: { api: 192.168.64.42 }", line: 9,
            message: "is network.api, which the load balancers share", help: "choose another first address"),
        Case(
            change: "network: {}", to: "accepted: [single-loadbalancer]", line: 4,
            message: "'single-loadbalancer' is not a note that can be accepted",
            help: "did you mean 'single-load-balancer'?"),
        Case(
            change: "- { name: etcd-1,",
            to: "- { name: jump-2, role: jump, address: 192.168.64.10 }\n  - { name: etcd-1,", line: 7,
            message: "there is more than one machine with role: jump", help: "one is supported"),
        Case(
            change: "- { name: jump, role: jump, address: 192.168.64.12 }", to: "", line: 9,
            message: "there is no jump host", help: "role: jump", severity: .warning),
        Case(
            change: "- { name: worker, role: worker, address: 192.168.64.41, count: 3 }", to: "", line: 8,
            message: "there is no worker", help: "role: worker", severity: .warning),
        Case(
            change: "- { name: master-1, role: control-plane, address: 192.168.64.31 }", to: "", line: 9,
            message: "there is no control plane", help: "role: control-plane"),
        Case(
            change: "- { name: etcd-1, role: etcd, address: 192.168.64.21 }", to: "", line: 8,
            message: "no etcd to keep its state in", help: "one or three"),
    ]

    @Test(arguments: names + addresses + settings + roles) func reports(_ test: Case) throws {
        let text = Sample.small.replacing(test.change, with: test.to, maxReplacements: 1)
        #expect(text != Sample.small, "the change does not apply")
        let (cluster, report) = Sample.resolve(text)
        let finding = try #require(
            report.diagnostics.first { $0.message.contains(test.message) }, "\(report.diagnostics.map(\.message))")
        #expect(finding.severity == test.severity)
        #expect(finding.position?.line == test.line)
        #expect(finding.help?.contains(test.help) == true, "\(finding.help ?? "no help")")
        #expect((cluster == nil) == (test.severity == .error))
    }

    /// Ranges that IPv4 keeps for itself, for each of the three networks.
    @Test(
        arguments: ["0.0.0.0/8", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "240.0.0.0/12"],
        ["subnet", "pods", "services"])
    func refusesSpecialRanges(range: String, key: String) throws {
        let text = Sample.small.replacing("network: {}", with: "network: { \(key): \(range) }")
        let report = Sample.resolve(text).1
        let finding = try #require(report.diagnostics.first { $0.message.hasPrefix("\(range) cannot be used") })
        #expect(finding.subject == "network.\(key)" && finding.position?.line == 4)
    }

    /// The longest command line that a kernel reads whole.
    @Test func commandLineThatFitsIsTaken() throws {
        let arguments = "root=/dev/vda " + String(repeating: "a", count: 2033)
        let text = Sample.small.replacing(
            "network: {}", with: "guest: { boot: { kernel: k, initrd: i, arguments: \(arguments) } }")
        #expect(try #require(Sample.resolve(text).0).guest.boot?.arguments == arguments)
    }

    /// What follows from a mistake is not reported beside it.
    @Test(arguments: [
        ("role: control-plane", "role: control-plain"), ("role: etcd", "role: etdc"), ("name: etcd-1", "name: jump"),
        ("count: 3", "count: 5000"), ("count: 3", "count: 0"), ("network: {}", "network: { subnet: 10.1.0.0/16 }"),
        ("network: {}", "network: { subnet: 127.0.0.0/8 }"), ("network: {}", "network: { subnet: 10.1.2.3/16 }"),
        ("name: etcd-1", "name: worker-2"), ("machines:", "machnies:"), ("role: etcd", "rloe: etcd"),
        ("name: small", "nmae: small"), ("version:", "verison:"),
        ("count: 3", "cuont: 3"), ("network: {}", "network: { subnet: 224.0.0.0/4 }"),
        ("network: {}", "network: { pods: 10.244.0.0/33 }"),
        ("  - { name: jump, role: jump, address: 192.168.64.12 }", "  - { name: jump, role: jump }"),
    ])
    func oneCauseIsOneFinding(change: String, to: String) {
        let report = Sample.resolve(Sample.small.replacing(change, with: to, maxReplacements: 1)).1
        #expect(report.count == 1, "\(report.diagnostics.map(\.message))")
    }

    @Test func noMachinesAreNoCluster() {
        let head = String(Sample.small.split(separator: "machines:")[0])
        for machines in ["machines: []", ""] {
            let (cluster, report) = Sample.resolve(head + machines)
            #expect(cluster == nil && report.diagnostics.map(\.message) == ["there are no machines"])
        }
    }

    /// A bundle of more machines than readers take is not made, and one that no registry takes is told of.
    @Test(arguments: [(3_996, nil), (3_998, "no registry takes"), (12_000, "are more than the 12000 of a bundle")])
    func boundsTheNumberOfMachines(count: Int, message: String?) {
        let half = count / 2
        let text =
            Sample.small.replacing("network: {}", with: "network: { subnet: 192.168.0.0/16 }")
            .replacing("192.168.64.41, count: 3", with: "192.168.128.1, count: \(half)")
            + "  - { name: other, role: worker, address: 192.168.192.1, count: \(half) }\n"
        let (cluster, report) = Sample.resolve(text)
        let found = report.diagnostics.map(\.message)
        #expect(found.count == (message == nil ? 0 : 1), "\(found)")
        if let message { #expect(found.first?.contains(message) == true, "\(found)") }
        #expect((cluster == nil) == (count == 12_000))
    }

    /// Findings name an entry as the file has it, whether it is wrong by itself or beside another.
    @Test func subjectsHaveOneSpelling() {
        let text = Sample.small.replacing("192.168.64.31", with: "192.168.64.21").replacing(
            "count: 3", with: "count: x"
        )
        .replacing("192.168.64.12", with: "10.0.0.1")
        let subjects = Sample.resolve(text).1.diagnostics.map(\.subject)
        #expect(subjects == ["machines[0].address", "machines[2].address", "machines[3].count"])
    }

    @Test func reportsEverythingAtOnce() {
        let text = Sample.small.replacing("192.168.64.21", with: "10.0.0.1").replacing("name: jump", with: "name: JUMP")
            .replacing("network: {}", with: "kubernetes: { version: 1.2.3 }")
        #expect(Sample.resolve(text).1.count(.error) == 3)
    }
}
