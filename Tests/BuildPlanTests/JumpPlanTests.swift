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
        #expect(admin.organizations == ["system:masters"])
        #expect(admin.key.holder == "bastion")
        #expect(plan.leaf(.etcdHealthcheckClient)?.authority == .etcd)
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
