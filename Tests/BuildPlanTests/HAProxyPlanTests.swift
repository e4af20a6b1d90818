import BuildPlan
import ClusterModel
import Testing
import Values

struct HAProxyPlanTests {
    @Test func onlyTheLoadBalancerHasIt() throws {
        let plans = try SamplePlan.plan().machines
        #expect(plans.filter { $0.unit("haproxy.service") != nil }.map(\.machine.name) == ["balancer"])
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
