import BuildPlan
import ClusterModel
import Values

/// Values for `templates/jump/`.
enum JumpValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .sshClientConfig: .open(sshConfig),
        .sshKnownHosts: .derived(knownHosts),
        .ansibleConfig: .open { _ in [:] },
        .ansibleInventory: .open(inventory),
        .etcdctlWrapper: .open { ["endpoints": .text(EtcdValues.clientURLs($0.cluster))] },
        .loginEnvironment: .open(environment),
    ]

    private static func sshConfig(_ context: TemplateContext) throws -> TemplateValues {
        ["hosts": .text(hosts(of: context.cluster, separator: " ")), "login": .text(context.cluster.login)]
    }

    private static func knownHosts(_ context: TemplateContext, _ credentials: Credentials) throws -> TemplateValues {
        [
            "hosts": .text(hosts(of: context.cluster, separator: ",")),
            "authority-key": .text(credentials.sshAuthorityKey),
        ]
    }

    /// Every machine by name and by address, which is what host certificates are issued for.
    static func hosts(of cluster: Cluster, separator: String) -> String {
        cluster.machines.map { "\($0.name)\(separator)\($0.address)" }.joined(separator: separator)
    }

    /// The inventory's groups, in the words of Ansible users.
    private static let groups: [(name: String, role: Role)] = [
        ("jump", .jump), ("lb", .loadBalancer), ("vault", .vault), ("etcd", .etcd), ("masters", .controlPlane),
        ("workers", .worker),
    ]

    private static func inventory(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        let groups = groups.map { group -> TemplateValues in
            let members = cluster.machines(group.role).map { machine -> TemplateValues in
                ["name": .text(machine.name), "address": .text(machine.address)]
            }
            return ["group": .text(group.name), "members": .list(members)]
        }
        return ["login": .text(cluster.login), "groups": .list(groups)]
    }

    private static func environment(_ context: TemplateContext) throws -> TemplateValues {
        guard let vault = context.cluster.machines(.vault).first else { throw ArtefactError.noMachine(.vault) }
        return ["vault-address": .text(vault.address)]
    }
}

/// Values for `templates/addons/`.
enum AddonsValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .addonsUnit: .open { _ in [:] },
        .addonsKustomization: .open { ["calico": .flag($0.cluster.kubernetes.cni == .calico)] },
        .rbacManifest: .open { _ in [:] },
        .calicoPatch: .open { ["pods": .text($0.cluster.network.pods)] },
        .coreDNSManifest: .open(coreDNS),
    ]

    private static func coreDNS(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "image": .text(cluster.versions.coreDNSImage),
            "domain": .text(cluster.network.domain),
            "cluster-dns": .text(cluster.network.dnsServiceAddress),
            // A second one on the same machine would die with it.
            "replicas": .text(max(1, min(2, cluster.machines(.worker).count))),
        ]
    }
}
