import BuildPlan
import ClusterModel
import Values

/// Values for `templates/jump/`.
enum JumpTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .sshClientConfig: .open(sshConfig),
        .sshKnownHosts: .derived(knownHosts),
        .ansibleConfig: .open { _ in [:] },
        .ansibleInventory: .open(inventory),
        .etcdctlWrapper: .open { ["endpoints": .text(EtcdTemplates.clientURLs($0.cluster))] },
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
