import BuildPlan
import ClusterModel
import Testing
import Values

struct ControlPlanePlanTests {
    private static let pki = "/etc/kubernetes/pki"
    private static let secondPlane = "  - { name: plane-2, role: control-plane, address: 192.168.64.32 }"

    @Test func serverCertificateNamesEveryWayToTheAPI() throws {
        let leaf = try #require(SamplePlan.machine(.controlPlane, Self.secondPlane).leaf(.apiserver))
        #expect(
            leaf.dnsNames == [
                "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
                "plane-1", "plane-2", "balancer", "localhost",
            ])
        #expect(
            leaf.addresses.map(\.description) == [
                "192.168.64.10", "192.168.64.31", "192.168.64.32", "10.96.0.1", "127.0.0.1",
            ])
        #expect(leaf.usage == .server)
    }

    @Test func serviceNameFollowsTheDomain() throws {
        let leaf = try #require(SamplePlan.machine(.controlPlane, "network: { domain: lab.test }").leaf(.apiserver))
        #expect(leaf.dnsNames.contains("kubernetes.default.svc.lab.test"))
        #expect(!leaf.dnsNames.contains("kubernetes.default.svc.cluster.local"))
    }

    @Test(arguments: [
        (LeafKind.apiserverKubeletClient, AuthorityName.kubernetes, "kube-apiserver-kubelet-client"),
        (.apiserverEtcdClient, .etcd, "kube-apiserver-etcd-client"),
        (.frontProxyClient, .frontProxy, "front-proxy-client"),
        (.controllerManager, .kubernetes, "system:kube-controller-manager"),
        (.scheduler, .kubernetes, "system:kube-scheduler"),
    ])
    func clientsHaveTheIdentityThatKubernetesExpects(
        kind: LeafKind, authority: AuthorityName, commonName: String
    ) throws {
        let leaf = try #require(SamplePlan.machine(.controlPlane).leaf(kind))
        #expect(leaf.authority == authority)
        #expect(leaf.commonName == commonName)
        #expect(leaf.organizations == [])
        #expect(leaf.usage == .client)
    }

    /// With the root as client authority, a front-proxy or etcd client would be accepted as a Kubernetes user.
    @Test(arguments: [
        ("client-ca", [AuthorityName.kubernetes, .kubernetesCSR]), ("kubernetes-ca", [.kubernetes]),
        ("etcd-ca", [.etcd]),
        ("front-proxy-ca", [.frontProxy]), ("csr-ca", [.kubernetesCSR]),
    ])
    func authorityFilesHoldTheseAlone(name: String, authorities: [AuthorityName]) throws {
        let file = try #require(SamplePlan.machine(.controlPlane).file("\(Self.pki)/\(name).crt"))
        #expect(file.content == .trust(authorities))
    }

    @Test func onlyTheKeyThatSignsRequestsIsThere() throws {
        let keys = try SamplePlan.machine(.controlPlane).files.compactMap { file -> AuthorityName? in
            if case .authorityKey(let name) = file.content { name } else { nil }
        }
        #expect(keys == [.kubernetesCSR])
    }

    /// Who has taken one of the three reads no key of the others.
    @Test func eachComponentReadsItsOwnSecretsAlone() throws {
        let plan = try SamplePlan.machine(.controlPlane)
        let secrets = plan.files.filter { $0.content.exposure == .secret && $0.path.hasPrefix("/etc/kubernetes/") }
        #expect(secrets.allSatisfy { $0.mode == 0o600 })
        let byOwner = Dictionary(grouping: secrets, by: \.owner).mapValues { Set($0.map(\.path)) }
        let keys = ["apiserver", "apiserver-kubelet-client", "apiserver-etcd-client", "front-proxy-client", "sa"]
        #expect(
            byOwner == [
                "kube-apiserver": Set(
                    keys.map { "\(Self.pki)/\($0).key" } + ["/etc/kubernetes/encryption-config.yaml"]),
                "kube-controller-manager": [
                    "/etc/kubernetes/controller-manager.kubeconfig", "\(Self.pki)/csr-ca.key",
                    "\(Self.pki)/controller-manager-sa.key",
                ],
                "kube-scheduler": ["/etc/kubernetes/scheduler.kubeconfig"],
            ])
        #expect(Set(plan.accounts.map(\.name)).isSuperset(of: byOwner.keys))
    }

    /// Its own server, not the load balancer: the control plane must work while that does not.
    @Test(arguments: ["controller-manager", "scheduler"])
    func componentsTalkToTheServerBesideThem(name: String) throws {
        let plan = try SamplePlan.machine(.controlPlane)
        let content = plan.file("/etc/kubernetes/\(name).kubeconfig")?.content
        guard case .kubeconfig(_, let server) = content else {
            Issue.record("\(String(describing: content)) is no kubeconfig")
            return
        }
        #expect(server == "https://127.0.0.1:6443")
        #expect(plan.leaf(.apiserver)?.addresses.contains(where: { $0.description == "127.0.0.1" }) == true)
    }

    @Test func apiServerRestartsForAllItReadsAndForNothingElse() throws {
        let unit = try #require(SamplePlan.machine(.controlPlane).unit("kube-apiserver.service"))
        #expect(unit.restartOn.contains("\(Self.pki)/apiserver.crt"))
        #expect(unit.restartOn.contains("/etc/kubernetes/encryption-config.yaml"))
        #expect(unit.restartOn.contains("/usr/local/bin/kube-apiserver"))
        #expect(!unit.restartOn.contains { $0.contains("scheduler") || $0.contains("csr-ca") })
    }
}

struct AddonsPlanTests {
    private static let directory = "/etc/slipway/addons"

    @Test func calicoIsTheManifestAsPublishedAndAPatch() throws {
        let plan = try SamplePlan.machine(.jump)
        let manifest = try #require(plan.payloads.first { $0.payload.name == "calico-manifest" })
        #expect(manifest.path == "\(Self.directory)/calico.yaml")
        #expect(manifest.mode == 0o644)
        #expect(plan.file("\(Self.directory)/calico-node.yaml") != nil)
        #expect(plan.unit("slipway-addons.service")?.restartOn.contains("\(Self.directory)/calico.yaml") == true)
    }

    @Test func bridgeNeedsNoManifest() throws {
        let plan = try SamplePlan.machine(.jump, "kubernetes: { cni: bridge }")
        #expect(!plan.payloads.contains { $0.payload.name == "calico-manifest" })
        #expect(plan.file("\(Self.directory)/calico-node.yaml") == nil)
        #expect(plan.file("\(Self.directory)/coredns.yaml") != nil)
    }

    @Test func runsUnderAnAccountOfItsOwn() throws {
        let plan = try SamplePlan.machine(.jump)
        #expect(plan.accounts.contains { $0.name == "slipway-addons" })
        let kubeconfig = try #require(plan.file("/etc/slipway/addons.kubeconfig"))
        #expect(kubeconfig.owner == "slipway-addons")
        #expect(kubeconfig.mode == 0o600)
        // Not a second certificate: the jump host has one for administration.
        #expect(plan.leaves.filter { $0.kind == .admin }.count == 1)
    }
}
