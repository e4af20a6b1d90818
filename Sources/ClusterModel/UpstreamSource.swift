/// Where a figure of ``UpstreamReleases`` was read.
///
/// The files of a Kubernetes release were read in a copy that another project keeps of that release's whole tree; the copies' own figures
/// agree with minikube's list of what kubeadm of each patch release installs.
public enum UpstreamSource: String, Sendable, CaseIterable {
    case build132 = "Kubernetes 1.32.13"
    case build133 = "Kubernetes 1.33.13"
    case build134 = "Kubernetes 1.34.9"
    case build135 = "Kubernetes 1.35.6"
    case build136 = "Kubernetes 1.36.3"
    case images137 = "kubeadm 1.37.0-rc.0"
    case plugins137 = "CNI plugins of 1.37"
    case endOfLife = "Kubernetes releases"
    case page135 = "Kubernetes 1.35 page"
    case page136 = "Kubernetes 1.36 page"
    case page137 = "Kubernetes 1.37 page"
    case etcd = "etcd releases"
    case containerd = "containerd releases"
    case calico = "Calico requirements"
    case calico333 = "Calico 3.33"
    case vault = "Vault releases"
    case runtimeConfig = "RuntimeConfig"
    case coredns = "CoreDNS and EndpointSlices"

    /// Repository, path and commit, or the address of a page.
    public var place: String {
        switch self {
        case .build132: Self.build("d4b43f374a5bc0e0f44c07ff773061e27c7f2a08")
        case .build133: Self.build("78a395343031f8800b7139df070665e03b42f934")
        case .build134: Self.build("473c3de15d9aeeb399aa95250672c07655554015")
        case .build135: Self.build("5019821e0eb2f9a74e00e2aab215144336c4b981")
        case .build136: Self.build("ab25d11482f8984db7b860ed44c6955f231cf18f")
        case .images137:
            "kubernetes/minikube, pkg/minikube/constants/constants_kubeadm_images.go, eb25dbc703701fa38c3f65c89a1896baa375e5ed"
        case .plugins137:
            "kubernetes/kops, pull request 18705 (2026-08-17): 1.9.1 from Kubernetes 1.36 on, as upstream pins it"
        case .endOfLife:
            "endoflife-date/endoflife.date, products/kubernetes.md, a70eca337600e7d721dc48112c271f98661d208b"
        case .page135: "https://kubernetes.io/releases/1.35/"
        case .page136: "https://kubernetes.io/releases/1.36/"
        case .page137: "https://kubernetes.io/releases/1.37/"
        case .etcd:
            "etcd-io/etcd, tags, c34dc7ee0048fd2bcc44d50beff002e5e8069b69; end of 3.5: "
                + "https://etcd.io/blog/2026/etcd-370-beta/, as endoflife-date/endoflife.date, products/etcd.md cites it"
        case .containerd:
            "containerd/containerd, RELEASES.md and tags' script/setup/runc-version, 301026e58c619e63d09c0ec411012e54c0124b03"
        case .calico:
            "tigera/docs, calico_versioned_docs/version-*/_includes/partials/_system-requirements.mdx, "
                + "f2a2762432b54f20274d42c67bfa828d82872498; images: projectcalico/calico, manifests/calico.yaml of the tags"
        case .calico333:
            "Rusty-Gopher/kupre, release notes of v0.5.0 (2026-10-22), citing Tigera's documentation; images: projectcalico/calico, "
                + "manifests/calico.yaml of release-v3.33, 6609dea547"
        case .vault:
            "endoflife-date/endoflife.date, products/hashicorp-vault.md, a70eca337600e7d721dc48112c271f98661d208b"
        case .runtimeConfig:
            "kubernetes/enhancements, pull request 6087 (2026-05-27): KEP-4033 removes the kubelet's fallback in 1.38"
        case .coredns: "coredns/coredns, pull request 4570: discovery.k8s.io/v1 from CoreDNS 1.8.4 on"
        }
    }

    /// Both files of one commit.
    private static func build(_ commit: String) -> String {
        "kubernetes/kubernetes, build/dependencies.yaml and cmd/kubeadm/app/constants/constants.go, read in openshift/microshift, "
            + "deps/github.com/openshift/kubernetes, \(commit)"
    }
}
