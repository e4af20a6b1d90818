import BuildPlan
import ClusterModel
import Testing
import Values

struct BaseSystemPlanTests {
    private static let modules = "/etc/modules-load.d/kubernetes.conf"
    private static let settings = "/etc/sysctl.d/90-kubernetes.conf"

    @Test(arguments: Role.allCases)
    func everyMachineHasNamesTrustAndTheApplier(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        let root = "/usr/local/share/ca-certificates/slipway-root.crt"
        #expect(plan.file("/etc/hostname") != nil)
        #expect(plan.file("/etc/hosts") != nil)
        #expect(plan.file(root)?.content == .trust([.root]))
        #expect(plan.unit("slipway-trust.service")?.restartOn == [root])
        #expect(
            plan.payloads.contains { $0.payload.name == "slipway-apply" && $0.path == "/usr/local/sbin/slipway-apply" })
    }

    @Test(arguments: Role.allCases)
    func kernelSettingsOnlyWherePodsRun(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        #expect((plan.file(Self.modules) != nil) == (role == .worker))
        #expect((plan.file(Self.settings) != nil) == (role == .worker))
    }

    /// A container's image is made without these.
    @Test(arguments: Role.allCases)
    func virtualMachinesAskNobodyForNews(role: Role) throws {
        let place = "/etc/systemd/system/motd-news.service.d"
        let plan = try SamplePlan.machine(role)
        #expect(plan.file("\(place)/10-slipway.conf") != nil && plan.directories.contains { $0.path == place })
        #expect(try SamplePlan.machine(role, SamplePlan.sharedKernel).file("\(place)/10-slipway.conf") == nil)
    }

    @Test func bridgeSettingsAreReadAfterTheirModuleIsLoaded() throws {
        let names = try SamplePlan.machine(.worker).units.map(\.name)
        let load = try #require(names.firstIndex(of: "systemd-modules-load.service"))
        let apply = try #require(names.firstIndex(of: "systemd-sysctl.service"))
        #expect(load < apply)
    }

    @Test func aContainerLeavesTheHostsKernelAndClockAlone() throws {
        let plan = try SamplePlan.machine(.worker, SamplePlan.sharedKernel)
        #expect(plan.file(Self.modules) == nil)
        #expect(plan.file(Self.settings) == nil)
        #expect(plan.file("/etc/systemd/timesyncd.conf.d/10-slipway.conf") == nil)
        #expect(plan.file("/etc/systemd/network/10-slipway-lan0.link") == nil)
        #expect(plan.unit("systemd-sysctl.service") == nil)
    }
}

struct CloudInitPlanTests {
    @Test(arguments: Role.allCases)
    func everyMachineHasTheThreeDocuments(role: Role) throws {
        let documents = try SamplePlan.machine(role).seedDocuments
        #expect(documents.map(\.path) == ["user-data", "meta-data", "network-config"])
    }

    @Test func onlyUserDataFollowsFromTheSecretsFile() throws {
        let documents = try SamplePlan.machine(.etcd).seedDocuments
        #expect(documents.map(\.content.exposure) == [.derived, .open, .open])
    }
}

struct SSHPlanTests {
    @Test(arguments: Role.allCases)
    func hostKeyIsSecretItsCertificateIsNot(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        let key = try #require(plan.file("/etc/ssh/ssh_host_ed25519_key"))
        #expect(key.content == .sshHostKey)
        #expect(key.mode == 0o600)
        let certificate = try #require(plan.file("/etc/ssh/ssh_host_ed25519_key-cert.pub"))
        #expect(certificate.content.exposure == .derived)
        #expect(plan.file("/etc/ssh/sshd_config.d/10-slipway.conf")?.content.exposure == .open)
    }

    @Test func everyAccountHasItsOwnListOfKeys() throws {
        let plan = try SamplePlan.machine(.etcd, "users: [{ name: k8s }, { name: guest }]")
        for account in ["k8s", "guest"] {
            let file = try #require(plan.file("/etc/ssh/authorized_keys.d/\(account)"))
            #expect(file.content == .authorizedKeys(account: account))
            #expect(file.owner == "root")
        }
    }

    @Test func newAuthorisedKeysDoNotRestartTheServer() throws {
        let unit = try #require(SamplePlan.machine(.etcd).unit("ssh.service"))
        #expect(unit.restartOn.contains("/etc/ssh/ssh_host_ed25519_key-cert.pub"))
        #expect(!unit.restartOn.contains { $0.contains("authorized_keys") })
    }
}

struct PackagePlanTests {
    private static func payloads(_ role: Role, _ settings: String = "") throws -> [String: PayloadSource] {
        let uses = try SamplePlan.machine(role, settings).payloads.filter { $0.payload.kind == .deb }
        return Dictionary(uniqueKeysWithValues: uses.map { ($0.payload.name, $0.payload.source) })
    }

    /// What programs of ours call on a worker and what the topology asks for are one payload: resolved together.
    @Test func whatTheTopologyAsksForAndWhatARoleNeeds() throws {
        let ubuntu = Distribution(.ubuntu2404, .arm64)
        let tools = ["conntrack", "ethtool", "ipset", "iptables", "socat"]
        #expect(try Self.payloads(.worker) == ["packages-worker": .packages(ubuntu, tools)])
        #expect(try Self.payloads(.jump) == [:])
        let asked = "packages: { jump: [ansible-core], worker: [nfs-common, socat], load-balancer: [keepalived] }"
        #expect(try Self.payloads(.jump, asked) == ["packages-jump": .packages(ubuntu, ["ansible-core"])])
        #expect(
            try Self.payloads(.worker, asked) == [
                "packages-worker": .packages(
                    ubuntu, ["conntrack", "ethtool", "ipset", "iptables", "nfs-common", "socat"])
            ])
        #expect(
            try Self.payloads(.loadBalancer, asked) == [
                "haproxy": .packages(ubuntu, ["haproxy"]),
                "packages-load-balancer": .packages(ubuntu, ["keepalived"]),
            ])
        let plan = try SamplePlan.plan(asked)
        let names = plan.payloads.map(\.name)
        #expect(["packages-jump", "packages-load-balancer", "packages-worker"].allSatisfy(names.contains))
    }
}
