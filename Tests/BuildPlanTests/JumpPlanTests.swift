import BuildPlan
import ClusterModel
import Testing
import Values

struct JumpPlanTests {
    @Test(arguments: [
        "/home/k8s/.ssh/id_ed25519", "/home/k8s/.kube/config", "/etc/slipway/etcd/client.key",
    ])
    func loginAccountHoldsItsOwnSecrets(path: String) throws {
        let file = try #require(SamplePlan.machine(.jump).file(path))
        #expect(file.owner == "k8s")
        #expect(file.mode == 0o600)
        #expect(file.content.exposure == .secret)
    }

    @Test func followsTheNameOfTheFirstUser() throws {
        let plan = try SamplePlan.machine(.jump, "users: [{ name: ops }, { name: guest }]")
        #expect(plan.file("/home/ops/.kube/config")?.owner == "ops")
        #expect(!plan.files.contains { $0.path.hasPrefix("/home/k8s") || $0.path.hasPrefix("/home/guest") })
    }

    @Test func administratesWithCertificatesOfItsOwn() throws {
        let plan = try SamplePlan.machine(.jump)
        let admin = try #require(plan.leaf(.admin))
        #expect(admin.commonName == "kubernetes-admin")
        #expect(admin.organizations == ["slipway:cluster-admins"])
        #expect(admin.key.holder == "bastion")
        #expect(plan.leaf(.etcdHealthcheckClient)?.authority == .etcd)
    }

    /// Only a certificate whose rights come from RBAC can lose them.
    @Test func whoIsAboveRBACIsRootAlone() throws {
        let plans = try SamplePlan.plan()
        let leaves = plans.machines.flatMap(\.leaves) + plans.operator.leaves
        let masters = leaves.filter { $0.organizations.contains("system:masters") }
        #expect(masters.map(\.kind) == [.superAdmin])
        let plan = try SamplePlan.machine(.jump)
        let holding = plan.files.filter { if case .kubeconfig(.superAdmin, _) = $0.content { true } else { false } }
        #expect(holding.map(\.path) == ["/etc/slipway/super-admin.kubeconfig"])
        #expect(holding.map(\.mode) == [0o600])
        #expect(holding.map(\.owner) == ["root"])
    }

    /// Nothing gives rights to the other group then.
    @Test func withoutAJumpHostTheOperatorIsAboveRBAC() throws {
        let plan = try SamplePlan.withoutJump()
        #expect(plan.operator.leaves.map(\.organizations) == [["system:masters"]])
    }

    @Test func namesOfMachinesAreOpenTheAuthorityIsDerived() throws {
        let plan = try SamplePlan.machine(.jump)
        #expect(plan.file("/etc/ansible/hosts")?.content.exposure == .open)
        #expect(plan.file("/etc/ssh/ssh_config.d/50-slipway.conf")?.content.exposure == .open)
        #expect(plan.file("/etc/ssh/ssh_known_hosts")?.content.exposure == .derived)
    }

    @Test func toolsAreProgramsAndTheWrapperIsExecutable() throws {
        let plan = try SamplePlan.machine(.jump)
        #expect(plan.file("/usr/local/bin/etcdctl-cluster")?.mode == 0o755)
        let tools = Set(plan.payloads.compactMap(\.path))
        #expect(tools.isSuperset(of: ["kubectl", "etcdctl", "etcdutl", "vault"].map { "/usr/local/bin/\($0)" }))
    }
}

struct OperatorPlanTests {
    @Test func filesAreRelativeAndSecretsClosed() throws {
        let files = try SamplePlan.plan().operator.files
        #expect(
            files.map(\.path) == ["kubeconfig", "ssh_config", "known_hosts", "hosts", "id_operator", "id_operator.pub"])
        for file in files {
            #expect((file.mode == 0o600) == (file.content.exposure == .secret), "\(file.path)")
        }
    }

    @Test func certificateIsTheOperatorsOwn() throws {
        let plan = try SamplePlan.plan()
        #expect(plan.operator.leaves.map(\.kind) == [.admin])
        #expect(plan.operator.leaves.map(\.key.holder) == [KeyKind.operatorName])
        #expect(plan.operator.leaves.first?.organizations == ["slipway:cluster-admins"])
        let jump = plan.machines.first { $0.machine.role == .jump }?.leaf(.admin)
        #expect(jump?.key.path != plan.operator.leaves.first?.key.path)
    }

    @Test func kubeconfigPointsAtTheLoadBalancer() throws {
        let file = try #require(SamplePlan.plan().operator.files.first { $0.path == "kubeconfig" })
        #expect(file.content == .kubeconfig(.admin, server: "https://192.168.64.10:6443"))
    }
}

struct HAProxyPlanTests {
    @Test func onlyTheLoadBalancerHasIt() throws {
        let plans = try SamplePlan.plan().machines
        #expect(plans.filter { $0.unit("haproxy.service") != nil }.map(\.machine.name) == ["balancer"])
    }

    @Test("two share an address: it is in kubeconfigs, and with both in the API servers' certificates")
    func sharedAddress() throws {
        let plan = try SamplePlan.plan(SamplePlan.secondBalancer)
        let file = try #require(plan.operator.files.first { $0.path == "kubeconfig" })
        #expect(file.content == .kubeconfig(.admin, server: "https://192.168.64.9:6443"))
        let leaf = try #require(SamplePlan.machine(.controlPlane, SamplePlan.secondBalancer).leaf(.apiserver))
        #expect(Set(["balancer", "balancer-2"]).isSubset(of: leaf.dnsNames))
        let addresses = leaf.addresses.map(\.description)
        #expect(addresses.prefix(4) == ["192.168.64.9", "192.168.64.10", "192.168.64.13", "192.168.64.31"])
    }

    @Test(
        "what moves it comes with HAProxy's packages, its setting before HAProxy, and with one load balancer nothing of it"
    )
    func keepalived() throws {
        let plan = try SamplePlan.machine(.loadBalancer, SamplePlan.secondBalancer)
        let names = plan.units.map(\.name)
        #expect(
            names.first == "systemd-sysctl.service" && names.suffix(2) == ["haproxy.service", "keepalived.service"])
        let sources = plan.payloads.map(\.payload.source)
        #expect(sources.contains(.packages(Distribution(.ubuntu2404, .arm64), ["haproxy", "keepalived"])))
        #expect(plan.leaves.isEmpty && plan.accounts.map(\.name) == ["keepalived"])
        let single = try SamplePlan.machine(.loadBalancer)
        #expect(single.unit("keepalived.service") == nil && single.accounts.isEmpty)
        #expect(
            single.payloads.map(\.payload.source).contains(.packages(Distribution(.ubuntu2404, .arm64), ["haproxy"])))
    }

    @Test func itHoldsNoKeyBesideTheHosts() throws {
        let plan = try SamplePlan.machine(.loadBalancer)
        #expect(plan.files.filter { $0.content.exposure == .secret }.map(\.path) == ["/etc/ssh/ssh_host_ed25519_key"])
        #expect(plan.leaves.isEmpty)
    }

    @Test func checksVerifyAgainstTheKubernetesAuthorityAlone() throws {
        let plan = try SamplePlan.machine(.loadBalancer)
        #expect(plan.file("/etc/haproxy/ca.crt")?.content == .trust([.kubernetes]))
        let unit = try #require(plan.unit("haproxy.service"))
        #expect(Set(unit.restartOn) == ["/etc/haproxy/haproxy.cfg", "/etc/haproxy/ca.crt", "haproxy"])
    }
}
