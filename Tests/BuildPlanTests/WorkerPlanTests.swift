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

struct ContainerdPlanTests {
    @Test func binariesComeFromTheReleaseArchive() throws {
        let uses = try SamplePlan.machine(.worker).payloads.filter { $0.payload.name == "containerd" }
        #expect(uses.map(\.member) == ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"])
        #expect(uses.map(\.path) == ["containerd", "containerd-shim-runc-v2", "ctr"].map { "/usr/local/bin/\($0)" })
    }

    @Test func imagesAreThereBeforeAnyNetworkIs() throws {
        let images = try SamplePlan.machine(.worker).payloads.filter { $0.payload.kind == .image }.map(\.payload.name)
        #expect(images.contains("image-pause"))
        #expect(images.contains("image-coredns"))
    }

    @Test func onlyWorkersRunContainers() throws {
        for machine in try SamplePlan.plan().machines where machine.machine.role != .worker {
            #expect(machine.unit("containerd.service") == nil, "\(machine.machine.name)")
        }
        #expect(try SamplePlan.machine(.worker).unit("containerd.service") != nil)
    }
}

struct CNIPlanTests {
    private static let bridge = "kubernetes: { cni: bridge }"

    @Test func bridgeIsDecidedHere() throws {
        let plan = try SamplePlan.machine(.worker, Self.bridge)
        #expect(plan.file("/etc/cni/net.d/10-slipway.conflist") != nil)
        #expect(plan.unit("slipway-pod-routes.service")?.restartOn == ["/etc/slipway/pod-routes"])
        let plugins = plan.payloads.filter { $0.payload.name == "cni-plugins" }
        #expect(
            plugins.compactMap(\.path) == ["bridge", "host-local", "loopback", "portmap"].map { "/opt/cni/bin/\($0)" })
        #expect(!plan.payloads.contains { $0.payload.name.contains("calico") })
    }

    /// What Calico's own pod writes must not be ours: every check would call it drift.
    @Test func calicoWritesItsOwnConfigurationAndPlugins() throws {
        let plan = try SamplePlan.machine(.worker)
        #expect(!plan.files.contains { $0.path.hasPrefix("/etc/cni/") })
        #expect(!plan.payloads.contains { $0.path?.hasPrefix("/opt/cni/") == true })
        #expect(plan.unit("slipway-pod-routes.service") == nil)
        let images = plan.payloads.map(\.payload.name).filter { $0.hasPrefix("image-calico-") }
        #expect(images == ["image-calico-cni", "image-calico-node", "image-calico-kube-controllers"])
    }

    @Test(arguments: ["", bridge])
    func directoriesExistEitherWay(settings: String) throws {
        let paths = try SamplePlan.machine(.worker, settings).directories.map(\.path)
        #expect(paths.contains("/opt/cni/bin"))
        #expect(paths.contains("/etc/cni/net.d"))
    }
}

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
