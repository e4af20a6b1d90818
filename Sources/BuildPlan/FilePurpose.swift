/// What a file is for, in one sentence, and who explains its settings.
public struct FilePurpose: Sendable, Hashable {
    public let sentence: String
    /// The upstream document: a manual page, or an address.
    public let document: String

    fileprivate init(_ sentence: String, _ document: String) {
        self.sentence = sentence
        self.document = document
    }

    /// - Parameter origin: as ``FileContent/origin`` says it, and a bundle's description of each file.
    /// - Returns: nil for the origin of a template that Slipway does not have.
    public static func of(origin: String) -> FilePurpose? {
        if let purpose = templates[origin] { return purpose }
        for (prefix, purpose) in credentials where origin.hasPrefix(prefix) { return purpose }
        return nil
    }

    private static let trust = "docs/trust.md"

    private static let credentials: [(prefix: String, purpose: FilePurpose)] = [
        ("trust:", FilePurpose("The authorities that its reader accepts, each as a self-signed certificate.", trust)),
        (
            "pki:service-account",
            FilePurpose(
                "Signs or verifies the tokens of service accounts.",
                k8s("reference/access-authn-authz/service-accounts-admin/"))
        ),
        (
            "pki:ssh-host",
            FilePurpose("The SSH server's own key, or what vouches for it.", "ssh-keygen(1), CERTIFICATES")
        ),
        ("pki:ssh-", FilePurpose("The key with which the operator or the jump host logs in.", "ssh-keygen(1)")),
        (
            "pki:authorized-keys",
            FilePurpose("The keys that may log in to an account.", "sshd(8), AUTHORIZED_KEYS FILE FORMAT")
        ),
        ("pki:", FilePurpose("A certificate or its private key, made from the secrets file.", trust)),
    ]

    private static func k8s(_ path: String) -> String { "https://kubernetes.io/docs/\(path)" }

    private static let unit = "systemd.service(5)"

    private static let templates: [String: FilePurpose] = [
        "addons/calico-node.yaml": .init(
            "Patches Calico's DaemonSet for this cluster.",
            "https://docs.tigera.io/calico/latest/reference/configure-calico-node"),
        "addons/coredns.yaml": .init(
            "The cluster's DNS: Deployment, Service and Corefile.", "https://coredns.io/manual/toc/"),
        "addons/kustomization.yaml": .init(
            "Which manifests the add-ons consist of, for kubectl apply -k.",
            k8s("tasks/manage-kubernetes-objects/kustomization/")),
        "addons/rbac.yaml": .init("Who may administer the cluster.", k8s("reference/access-authn-authz/rbac/")),
        "addons/slipway-addons.service": .init("Applies the add-ons once the API answers.", unit),
        "base/apt-periodic.conf": .init(
            "Switches apt's updates by timer off: a machine changes through its bundle only.", "apt.conf(5)"),
        "base/hostname": .init("The machine's name.", "hostname(5)"),
        "base/hosts": .init("Names of the cluster's machines, for when there is no DNS.", "hosts(5)"),
        "base/lan0.link": .init("Keeps the name of the network interface at each boot.", "systemd.link(5)"),
        "base/manager.conf": .init(
            "How long systemd waits for what does not end when the machine is switched off.", "systemd-system.conf(5)"),
        "base/modules.conf": .init("Kernel modules that are loaded at boot.", "modules-load.d(5)"),
        "base/no-calls.conf": .init(
            "Keeps a timer of the distribution from asking a server outside.", "systemd.unit(5), Conditions and Asserts"
        ),
        "base/slipway-kernel-settings.service": .init(
            "Shows a machine that shares its host's kernel the settings that the kubelet insists on.", unit),
        "base/slipway-trust.service": .init(
            "Puts the cluster's root certificate into the system's trust store.", "update-ca-certificates(8)"),
        "base/sysctl.conf": .init("Kernel settings that Kubernetes asks for.", "sysctl.d(5)"),
        "base/timesyncd.conf": .init("How the clock is kept, with and without a network.", "timesyncd.conf(5)"),
        "cloud-init/disabled": .init(
            "Keeps cloud-init from running again after it was applied once.",
            "https://docs.cloud-init.io/en/latest/howto/disable_cloud_init.html"),
        "cloud-init/meta-data": .init(
            "Tells cloud-init which machine this is.",
            "https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html"),
        "cloud-init/network-config": .init(
            "The machine's address, gateway and name servers.",
            "https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html"),
        "cloud-init/slipway-apply.service": .init("Brings the machine to what its seed says, at each boot.", unit),
        "cloud-init/user-data": .init(
            "Accounts and the first command that cloud-init runs.",
            "https://docs.cloud-init.io/en/latest/reference/modules.html"),
        "cni/10-slipway.conflist": .init(
            "The pods' network on this worker.", "https://www.cni.dev/plugins/current/main/bridge/"),
        "cni/pod-routes": .init("Routes to the other workers' pods, for ip -batch.", "ip-route(8)"),
        "cni/slipway-pod-routes.service": .init("Sets the routes to the other workers' pods.", unit),
        "containerd/config-1.7.toml": .init(
            "The container runtime's settings, for containerd 1.7.",
            "https://github.com/containerd/containerd/blob/main/docs/cri/config.md"),
        "containerd/config.toml": .init(
            "The container runtime's settings.", "https://github.com/containerd/containerd/blob/main/docs/cri/config.md"
        ),
        "containerd/containerd.service": .init("Runs the container runtime.", unit),
        "etcd/etcd.conf.yml": .init(
            "One etcd member: who it is, where it listens, who its peers are.",
            "https://etcd.io/docs/latest/op-guide/configuration/"),
        "etcd/etcd.service": .init("Runs etcd, the cluster's key-value store.", unit),
        "etcd/etcdctl.env": .init(
            "What etcdctl needs to ask this cluster.", "https://etcd.io/docs/latest/dev-guide/interacting_v3/"),
        "haproxy/haproxy.cfg": .init(
            "Passes connections to the API through to the control planes that are well.", "https://docs.haproxy.org/"),
        "haproxy/haproxy.service": .init("Runs the load balancer without root.", unit),
        "jump/ansible.cfg": .init(
            "How Ansible on the jump host reaches the machines.",
            "https://docs.ansible.com/ansible/latest/reference_appendices/config.html"),
        "jump/etcdctl-cluster": .init(
            "etcdctl with this cluster's endpoints and a client certificate.",
            "https://etcd.io/docs/latest/dev-guide/interacting_v3/"),
        "jump/hosts": .init(
            "Ansible's inventory of the cluster.",
            "https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html"),
        "jump/slipway.sh": .init(
            "Lets the vault command of a login shell find the cluster's Vault.",
            "https://developer.hashicorp.com/vault/docs/commands#environment-variables"),
        "jump/ssh_config": .init("How the jump host's ssh reaches the machines.", "ssh_config(5)"),
        "jump/ssh_known_hosts": .init(
            "The one authority that vouches for every machine's SSH host key.", "sshd(8), SSH_KNOWN_HOSTS FILE FORMAT"),
        "kube-proxy/kube-proxy.service": .init("Runs the proxy of Kubernetes services.", unit),
        "kube-proxy/kube-proxy.yaml": .init(
            "How services' addresses lead to pods on this worker.",
            k8s("reference/config-api/kube-proxy-config.v1alpha1/")),
        "kubelet/kubelet.service": .init("Runs the node agent.", unit),
        "kubelet/kubelet.yaml": .init(
            "The node agent's settings: who may ask it, limits, cluster DNS.",
            k8s("reference/config-api/kubelet-config.v1beta1/")),
        "kubelet/resolv.conf": .init("The name servers of pods that use the node's DNS.", "resolv.conf(5)"),
        "kubernetes/admission.yaml": .init(
            "What the API server's admission plug-ins are told.", k8s("reference/config-api/apiserver-config.v1/")),
        "kubernetes/audit-policy.yaml": .init(
            "Which requests the API server writes down, and how fully.", k8s("tasks/debug/debug-cluster/audit/")),
        "kubernetes/authentication.yaml": .init(
            "What somebody may ask of the API server without a certificate or token.",
            k8s("reference/access-authn-authz/authentication/")),
        "kubernetes/encryption-config.yaml": .init(
            "With which keys Secrets are encrypted in etcd.", k8s("tasks/administer-cluster/encrypt-data/")),
        "kubernetes/kube-apiserver.service": .init(
            "Runs the API server with its flags.", k8s("reference/command-line-tools-reference/kube-apiserver/")),
        "kubernetes/kube-controller-manager.service": .init(
            "Runs the controllers with their flags.",
            k8s("reference/command-line-tools-reference/kube-controller-manager/")),
        "kubernetes/kube-scheduler.service": .init(
            "Runs the scheduler.", k8s("reference/command-line-tools-reference/kube-scheduler/")),
        "kubernetes/kubeconfig": .init(
            "Where the API is, whom to take for it, and who asks.",
            k8s("concepts/configuration/organize-cluster-access-kubeconfig/")),
        "kubernetes/scheduler.yaml": .init(
            "The scheduler's settings.", k8s("reference/config-api/kube-scheduler-config.v1/")),
        "operator/hosts": .init("The machines' names, for the host's own /etc/hosts.", "hosts(5)"),
        "operator/ssh_config": .init("How ssh on the host reaches the machines.", "ssh_config(5)"),
        "programs/apply": .init("Finds the seed and the depot and runs the applier.", "docs/bundle.md, On the machine"),
        "programs/kubernetes-api": .init(
            "What units ask of the API server around the programs that they run.", k8s("reference/using-api/")),
        "programs/slipway-addons": .init("Applies the add-ons.", k8s("reference/kubectl/generated/kubectl_apply/")),
        "programs/slipway-kernel-settings": .init(
            "Shows a machine that shares its host's kernel the settings that the kubelet insists on.", "proc_sys(5)"),
        "programs/vault-bootstrap": .init(
            "Initialises Vault once, unseals it and sets up its PKI engines.",
            "https://developer.hashicorp.com/vault/api-docs"),
        "ssh/10-slipway.conf": .init("The SSH server's settings: keys only, no root.", "sshd_config(5)"),
        "vault/bootstrap.json": .init("What vault-bootstrap sets up.", "templates/programs/vault-bootstrap"),
        "vault/vault-bootstrap.service": .init("Initialises, unseals and sets up Vault.", unit),
        "vault/vault.hcl": .init(
            "Vault's settings: storage, listener, certificates.",
            "https://developer.hashicorp.com/vault/docs/configuration"),
        "vault/vault.service": .init("Runs Vault.", unit),
    ]
}
