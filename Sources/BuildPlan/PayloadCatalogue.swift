import BundleFormat
import ClusterModel
import Values

/// The payloads of a cluster: names, upstream addresses and the members inside archives, by version and architecture.
struct PayloadCatalogue {
    private let architecture: Architecture
    private let guest: Guest
    private let kubernetes: Version
    private let versions: ComponentVersions
    private let sharesAPIAddress: Bool
    /// Parsed once: the plans of ten thousand workers name the same ones.
    private let images: ImageCatalogue

    init(cluster: Cluster) {
        guest = cluster.guest
        architecture = cluster.guest.architecture
        kubernetes = cluster.kubernetes.version
        versions = cluster.versions
        sharesAPIAddress = cluster.network.api != nil
        images = ImageCatalogue(versions, architecture)
    }

    private var arch: String { architecture.rawValue }

    // MARK: The machine itself

    /// What every machine boots from: the disk, and for an image without a boot loader a kernel beside it.
    var guestFiles: [PayloadPlan] {
        let boot = [guest.boot?.kernel, guest.boot?.initrd].compactMap { $0 }
        return [disk] + boot.map { PayloadPlan($0, .disk, version: guest.os.rawValue) }
    }

    private var disk: PayloadPlan {
        let release =
            switch guest.os {
            case .ubuntu2404:
                DatedRelease(
                    listing: "https://cloud-images.ubuntu.com/releases/24.04/", prefix: "release-",
                    file: "ubuntu-24.04-server-cloudimg-\(arch).img", .sha256, sums: "SHA256SUMS",
                    signature: "SHA256SUMS.gpg")
            case .debian13:
                DatedRelease(
                    listing: "https://cloud.debian.org/images/cloud/trixie/", prefix: "",
                    file: "debian-13-generic-\(arch)-{release}.qcow2", .sha512, sums: "SHA512SUMS")
            }
        return PayloadPlan(guest.image, .disk, version: guest.os.rawValue, source: .dated(release))
    }

    /// The program that configures a machine from its seed.
    var applier: PayloadPlan { PayloadPlan("slipway-apply", .binary, version: "1", source: .applier) }

    /// A licence that a project on GitHub declares in a file of the release's tag.
    private static func licence(_ expression: String, _ project: String, _ tag: String) -> DeclaredLicence {
        DeclaredLicence(expression, at: "https://github.com/\(project)/blob/v\(tag)/LICENSE")
    }

    // MARK: etcd and Vault

    var etcd: PayloadPlan {
        let directory = "https://github.com/etcd-io/etcd/releases/download/v\(versions.etcd)"
        return PayloadPlan(
            "etcd", .archive, version: "\(versions.etcd)",
            url: "\(directory)/etcd-v\(versions.etcd)-linux-\(arch).tar.gz",
            published: PublishedDigest(.sha256, at: "\(directory)/SHA256SUMS"),
            licence: Self.licence("Apache-2.0", "etcd-io/etcd", "\(versions.etcd)"))
    }

    func etcdMember(_ name: String) -> String { "etcd-v\(versions.etcd)-linux-\(arch)/\(name)" }

    var vault: PayloadPlan {
        let release = "https://releases.hashicorp.com/vault/\(versions.vault)/vault_\(versions.vault)"
        return PayloadPlan(
            "vault", .archive, version: "\(versions.vault)", url: "\(release)_linux_\(arch).zip",
            published: PublishedDigest(.sha256, at: "\(release)_SHA256SUMS", signature: "\(release)_SHA256SUMS.sig"),
            // The Business Source License came with 1.15.
            licence: Self.licence(
                versions.vault < Version(1, 15, 0) ? "MPL-2.0" : "BUSL-1.1", "hashicorp/vault", "\(versions.vault)"))
    }

    // MARK: Packages of the distribution

    /// With what moves the API's address where two load balancers share one.
    var haproxy: PayloadPlan { packages("haproxy", sharesAPIAddress ? ["haproxy", "keepalived"] : ["haproxy"]) }

    /// What programs of ours call on a worker and not every image has, and what the topology asks for: one payload, so that the packages
    /// of a machine are resolved together. Nil when there is none.
    ///
    /// The kubelet forwards ports by socat and reads devices by ethtool; kube-proxy writes its rules by iptables and ipset, and forgets
    /// flows by conntrack.
    func packages(of machine: Machine) -> PayloadPlan? {
        let needed = machine.role == .worker ? Self.workerPackages : []
        guard let asked = machine.packages else {
            return needed.isEmpty ? nil : packages(machine.role.packagesPayload, needed)
        }
        let names = Set(needed).union(asked.names)
        return packages(asked.payload, names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    private static let workerPackages = ["conntrack", "ethtool", "ipset", "iptables", "socat"]

    private func packages(_ payload: String, _ names: [String]) -> PayloadPlan {
        PayloadPlan(
            payload, .deb, version: guest.os.rawValue, source: .packages(Distribution(guest.os, architecture), names))
    }

    // MARK: Kubernetes

    /// A binary of the Kubernetes release, such as `kubelet`.
    func kubernetes(_ name: String) -> PayloadPlan {
        let url = "https://dl.k8s.io/release/v\(kubernetes)/bin/linux/\(arch)/\(name)"
        return PayloadPlan(
            name, .binary, version: "\(kubernetes)", url: url, published: PublishedDigest(.sha256, at: "\(url).sha256"),
            licence: Self.licence("Apache-2.0", "kubernetes/kubernetes", "\(kubernetes)"))
    }

    // MARK: Container runtime and networks

    var containerd: PayloadPlan {
        let directory = "https://github.com/containerd/containerd/releases/download/v\(versions.containerd)"
        let url = "\(directory)/containerd-\(versions.containerd)-linux-\(arch).tar.gz"
        return PayloadPlan(
            "containerd", .archive, version: "\(versions.containerd)", url: url,
            published: PublishedDigest(.sha256, at: "\(url).sha256sum"),
            licence: Self.licence("Apache-2.0", "containerd/containerd", "\(versions.containerd)"))
    }

    var runc: PayloadPlan {
        let directory = "https://github.com/opencontainers/runc/releases/download/v\(versions.runc)"
        return PayloadPlan(
            "runc", .binary, version: "\(versions.runc)", url: "\(directory)/runc.\(arch)",
            published: PublishedDigest(.sha256, at: "\(directory)/runc.sha256sum"),
            licence: Self.licence("Apache-2.0", "opencontainers/runc", "\(versions.runc)"))
    }

    var cniPlugins: PayloadPlan {
        let version = versions.cniPlugins
        let directory = "https://github.com/containernetworking/plugins/releases/download/v\(version)"
        let url = "\(directory)/cni-plugins-linux-\(arch)-v\(version).tgz"
        return PayloadPlan(
            "cni-plugins", .archive, version: "\(version)", url: url,
            published: PublishedDigest(.sha256, at: "\(url).sha256"),
            licence: Self.licence("Apache-2.0", "containernetworking/plugins", "\(version)"))
    }

    /// Upstream's manifest; our kustomization sets the pod range.
    var calicoManifest: PayloadPlan {
        PayloadPlan(
            "calico-manifest", .binary, version: "\(versions.calico)",
            url: "https://raw.githubusercontent.com/projectcalico/calico/v\(versions.calico)/manifests/calico.yaml",
            isProgram: false, licence: Self.licence("Apache-2.0", "projectcalico/calico", "\(versions.calico)"))
    }

    var calicoImages: [PayloadPlan] { images.calico }
    var coreDNSImage: PayloadPlan { images.coreDNS }
    var pauseImage: PayloadPlan { images.pause }
}

/// The images that the rendered manifests name.
private final class ImageCatalogue: Sendable {
    /// Those that Calico's manifest names: from 3.31 on in quay.io, from 3.33 on one holds what several did.
    let calico: [PayloadPlan]
    let coreDNS: PayloadPlan
    /// The sandbox of every pod.
    let pause: PayloadPlan

    init(_ versions: ComponentVersions, _ architecture: Architecture) {
        func image(_ name: String, _ reference: String, version: String) -> PayloadPlan {
            // A version that makes no tag has been refused with the topology; then nobody but a person knows the image.
            let source = (try? ImageReference(parsing: reference)).map { PayloadSource.registry($0, architecture) }
            return PayloadPlan("image-\(name)", .image, version: version, source: source ?? .given)
        }
        let registry = versions.calico < Version(3, 31, 0) ? "docker.io" : "quay.io"
        let names =
            versions.calico < Version(3, 33, 0)
            ? ["cni", "node", "kube-controllers"] : ["calico", "node", "third-party-cni-plugins"]
        calico = names.map {
            image("calico-\($0)", "\(registry)/calico/\($0):v\(versions.calico)", version: "\(versions.calico)")
        }
        coreDNS = image("coredns", versions.coreDNSImage, version: "\(versions.coredns)")
        pause = image("pause", versions.pauseImage, version: versions.pause)
    }
}
