import Artefacts
import BuildPlan
import ClusterModel
import Testing
import Values

/// A key that is rotated alone changes the files that hold it or vouch for it, and no other file of the cluster.
@Suite struct RotationTests {
    @Test(arguments: KeyKind.allCases) func changesWhatUsesTheKeyAlone(
        kind: KeyKind
    ) throws {
        let before = try RenderedSample().all()
        let after = try RenderedSample("pki: { generations: { \(kind.rawValue): 2 } }").all()
        #expect(before.keys == after.keys)
        let changed = before.filter { after[$0.key] != $0.value }.keys.sorted()
        #expect(changed == Self.files[kind]?.sorted(), "\(kind.rawValue)")
    }

    /// No kind is forgotten in the plan: each has a key, and its word in the topology reaches the key's path.
    @Test func everyKindIsPlannedAndReached() throws {
        let words = KeyKind.allCases.map { "\($0.rawValue): 7" }.joined(separator: ", ")
        let keys = try RenderedSample("pki: { generations: { \(words) } }").plan.keys
        #expect(Set(keys.map(\.kind)) == Set(KeyKind.allCases))
        // What the last generation protected is still in use.
        let older = keys.filter { $0.generation == 6 }.map(\.kind)
        #expect(older == [.serviceAccount, .encryption])
        #expect(keys.allSatisfy { $0.generation >= 6 && $0.path.hasSuffix("/g\($0.generation)") })
        #expect(Set(keys.map(\.path)).count == keys.count, "two keys are one")
    }

    @Test(arguments: [
        ("kubelet-client/worker-1", ["worker-1:/etc/kubernetes/kubelet.kubeconfig"]),
        ("admin/operator", ["operator:kubeconfig"]),
        ("admin/bastion", ["bastion:/etc/slipway/addons.kubeconfig", "bastion:/home/k8s/.kube/config"]),
        ("ssh-host/etcd-1", ["", "-cert.pub", ".pub"].map { "etcd-1:/etc/ssh/ssh_host_ed25519_key\($0)" }),
    ])
    func changesOneHoldersKeyAlone(name: String, files: [String]) throws {
        let before = try RenderedSample().all()
        let after = try RenderedSample("pki: { generations: { \(name): 2 } }").all()
        #expect(before.filter { after[$0.key] != $0.value }.keys.sorted() == files)
    }

    private static let machines = ["balancer", "safe", "bastion", "etcd-1", "plane-1", "worker-1"]
    private static let planePKI = "plane-1:/etc/kubernetes/pki"
    private static let etcdPKI = "etcd-1:/etc/etcd/pki"

    private static func pair(_ path: String) -> [String] { ["\(path).crt", "\(path).key"] }

    private static func everywhere(_ path: String, but exception: String? = nil) -> [String] {
        machines.filter { $0 != exception }.map { "\($0):\(path)" }
    }

    private static func issuers(_ names: [String]) -> [String] { names.map { "safe:/etc/vault.d/issuers/\($0).crt" } }

    /// The servers' certificates, each with those of its authorities below the root.
    private static let chains = [
        "safe:/etc/vault.d/tls/vault.crt", "\(etcdPKI)/server.crt", "\(etcdPKI)/peer.crt", "\(planePKI)/apiserver.crt",
        "worker-1:/etc/kubernetes/pki/kubelet-server.crt",
    ]

    private static let kubeconfigs = [
        "bastion:/etc/slipway/addons.kubeconfig", "bastion:/etc/slipway/super-admin.kubeconfig",
        "bastion:/home/k8s/.kube/config", "operator:kubeconfig",
        "plane-1:/etc/kubernetes/controller-manager.kubeconfig", "plane-1:/etc/kubernetes/scheduler.kubeconfig",
        "worker-1:/etc/kubernetes/kubelet.kubeconfig", "worker-1:/etc/kubernetes/kube-proxy.kubeconfig",
    ]

    /// Leaves change nothing but themselves: whoever checks them knows their authority, not them.
    private static let files: [KeyKind: [String]] = [
        // What everybody trusts is the issuing authorities: above them only what is sent beside a server's certificate.
        .authority(.root): everywhere("/usr/local/share/ca-certificates/slipway-root.crt") + chains
            + issuers(["root", "intermediate", "kubernetes", "etcd", "etcd-peers", "front-proxy"]),
        .authority(.intermediate): chains
            + issuers(["intermediate", "kubernetes", "etcd", "etcd-peers", "front-proxy"])
            + ["safe:/etc/vault.d/issuers/intermediate.key"],
        .authority(.kubernetes): kubeconfigs + issuers(["kubernetes"])
            + [
                "safe:/etc/vault.d/issuers/kubernetes.key", "safe:/etc/vault.d/tls/vault.crt",
                "safe:/etc/vault.d/tls/ca.crt",
                "bastion:/etc/slipway/vault-ca.crt", "balancer:/etc/haproxy/ca.crt", "\(planePKI)/kubernetes-ca.crt",
                "\(planePKI)/client-ca.crt", "\(planePKI)/apiserver.crt", "\(planePKI)/apiserver-kubelet-client.crt",
                "worker-1:/etc/kubernetes/pki/kubernetes-ca.crt", "worker-1:/etc/kubernetes/pki/kubelet-server.crt",
            ],
        .authority(.kubernetesCSR): pair("\(planePKI)/csr-ca") + ["\(planePKI)/client-ca.crt"],
        .authority(.etcd): issuers(["etcd"])
            + [
                "safe:/etc/vault.d/issuers/etcd.key", "\(etcdPKI)/ca.crt", "\(etcdPKI)/server.crt",
                "\(etcdPKI)/healthcheck-client.crt", "\(planePKI)/etcd-ca.crt", "\(planePKI)/apiserver-etcd-client.crt",
                "bastion:/etc/slipway/etcd/ca.crt", "bastion:/etc/slipway/etcd/client.crt",
            ],
        .authority(.etcdPeers): issuers(["etcd-peers"])
            + ["safe:/etc/vault.d/issuers/etcd-peers.key", "\(etcdPKI)/peer-ca.crt", "\(etcdPKI)/peer.crt"],
        .authority(.frontProxy): issuers(["front-proxy"])
            + [
                "safe:/etc/vault.d/issuers/front-proxy.key", "\(planePKI)/front-proxy-ca.crt",
                "\(planePKI)/front-proxy-client.crt",
            ],
        .leaf(.apiserver): pair("\(planePKI)/apiserver"),
        .leaf(.apiserverKubeletClient): pair("\(planePKI)/apiserver-kubelet-client"),
        .leaf(.apiserverEtcdClient): pair("\(planePKI)/apiserver-etcd-client"),
        .leaf(.frontProxyClient): pair("\(planePKI)/front-proxy-client"),
        .leaf(.controllerManager): ["plane-1:/etc/kubernetes/controller-manager.kubeconfig"],
        .leaf(.scheduler): ["plane-1:/etc/kubernetes/scheduler.kubeconfig"],
        .leaf(.admin): [
            "bastion:/etc/slipway/addons.kubeconfig", "bastion:/home/k8s/.kube/config", "operator:kubeconfig",
        ],
        .leaf(.superAdmin): ["bastion:/etc/slipway/super-admin.kubeconfig"],
        .leaf(.kubeProxy): ["worker-1:/etc/kubernetes/kube-proxy.kubeconfig"],
        .leaf(.kubeletServer): pair("worker-1:/etc/kubernetes/pki/kubelet-server"),
        .leaf(.kubeletClient): ["worker-1:/etc/kubernetes/kubelet.kubeconfig"],
        .leaf(.etcdServer): pair("\(etcdPKI)/server"),
        .leaf(.etcdPeer): pair("\(etcdPKI)/peer"),
        .leaf(.etcdHealthcheckClient): pair("\(etcdPKI)/healthcheck-client") + pair("bastion:/etc/slipway/etcd/client"),
        .leaf(.vault): pair("safe:/etc/vault.d/tls/vault"),
        .serviceAccount: ["\(planePKI)/controller-manager-sa.key", "\(planePKI)/sa.key", "\(planePKI)/sa.pub"],
        .encryption: ["plane-1:/etc/kubernetes/encryption-config.yaml"],
        .sshAuthority: everywhere("/etc/ssh/ssh_host_ed25519_key-cert.pub")
            + ["bastion:/etc/ssh/ssh_known_hosts", "operator:known_hosts"],
        .sshHost: ["", ".pub", "-cert.pub"].flatMap { everywhere("/etc/ssh/ssh_host_ed25519_key\($0)") },
        .sshUser(.operator): everywhere("/etc/ssh/authorized_keys.d/k8s") + everywhere("user-data")
            + ["operator:id_operator", "operator:id_operator.pub"],
        // The jump host does not log in to itself.
        .sshUser(.jump): everywhere("/etc/ssh/authorized_keys.d/k8s", but: "bastion")
            + everywhere("user-data", but: "bastion")
            + ["bastion:/home/k8s/.ssh/id_ed25519", "bastion:/home/k8s/.ssh/id_ed25519.pub"],
    ]
}
