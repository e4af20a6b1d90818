import BuildPlan
import ClusterModel
import Testing
import Values

struct KubeletPlanTests {
    @Test func serverAndClientAreTheSameNodeWithTwoKeys() throws {
        let plan = try SamplePlan.machine(.worker)
        let server = try #require(plan.leaf(.kubeletServer))
        let client = try #require(plan.leaf(.kubeletClient))
        for leaf in [server, client] {
            #expect(leaf.commonName == "system:node:worker-1")
            #expect(leaf.organizations == ["system:nodes"])
            #expect(leaf.authority == .kubernetes)
        }
        #expect(server.usage == .server)
        #expect(server.dnsNames == ["worker-1", "localhost"])
        #expect(server.addresses.map(\.description) == ["192.168.64.41", "127.0.0.1"])
        #expect(client.usage == .client)
        #expect(server.key.path != client.key.path)
    }

    @Test func reachesTheAPIThroughTheLoadBalancer() throws {
        let file = try #require(SamplePlan.machine(.worker).file("/etc/kubernetes/kubelet.kubeconfig"))
        #expect(file.content == .kubeconfig(.kubeletClient, server: "https://192.168.64.10:6443"))
        #expect(file.mode == 0o600)
    }

    @Test func acceptsClientsOfTheKubernetesAuthorityAlone() throws {
        let file = try #require(SamplePlan.machine(.worker).file("/etc/kubernetes/pki/kubernetes-ca.crt"))
        #expect(file.content == .trust([.kubernetes]))
    }

    /// Whatever resolver the distribution runs, the name servers are the topology's.
    @Test func hasItsOwnNameServersForPods() throws {
        let plan = try SamplePlan.machine(.worker)
        #expect(plan.file("/etc/kubernetes/resolv.conf")?.content == .template(.kubeletResolvConf, .open))
        #expect(plan.unit("kubelet.service")?.restartOn.contains("/etc/kubernetes/resolv.conf") == true)
    }

    @Test func startsAfterTheRuntime() throws {
        let units = try SamplePlan.machine(.worker).units.map(\.name)
        let runtime = try #require(units.firstIndex(of: "containerd.service"))
        let kubelet = try #require(units.firstIndex(of: "kubelet.service"))
        #expect(runtime < kubelet)
    }
}
