import BuildPlan
import ClusterModel
import Testing
import Values

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
