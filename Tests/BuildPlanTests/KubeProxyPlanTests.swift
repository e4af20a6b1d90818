import BuildPlan
import ClusterModel
import Testing
import Values

struct KubeProxyPlanTests {
    @Test func everyNodeHasAKeyOfItsOwn() throws {
        let second = "  - { name: worker-2, role: worker, address: 192.168.64.42 }"
        let workers = try SamplePlan.plan(second).machines.filter { $0.machine.role == .worker }
        let leaves = workers.compactMap { $0.leaf(.kubeProxy) }
        #expect(leaves.map(\.key.holder) == ["worker-1", "worker-2"])
        #expect(Set(leaves.map(\.key.path)).count == 2)
        #expect(
            leaves.allSatisfy { $0.commonName == "system:kube-proxy" && $0.organizations == ["system:node-proxier"] })
    }

    @Test func kubeconfigGoesThroughTheLoadBalancer() throws {
        let file = try #require(SamplePlan.machine(.worker).file("/etc/kubernetes/kube-proxy.kubeconfig"))
        #expect(file.content == .kubeconfig(.kubeProxy, server: "https://192.168.64.10:6443"))
        #expect(file.mode == 0o600)
        #expect(file.owner == "root")
    }
}
