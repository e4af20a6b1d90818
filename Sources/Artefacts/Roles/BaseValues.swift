import BuildPlan
import BundleFormat
import ClusterModel
import Values

/// Values for `templates/cloud-init/`.
enum CloudInitValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .cloudInitUserData: .derived(userData),
        .cloudInitMetaData: .open(metaData),
        .cloudInitNetworkConfig: .open(networkConfig),
        .cloudInitDisabled: .open { _ in [:] },
        .applyUnit: .open { _ in [:] },
    ]

    private static func userData(_ context: TemplateContext, _ credentials: Credentials) throws -> TemplateValues {
        let users = try context.cluster.users.map { user -> TemplateValues in
            let keys = try credentials.authorizedKeys(account: user.name)
            return [
                "user": .text(user.name), "has-keys": .flag(!keys.isEmpty),
                // Quoted: a key's comment may hold `#`, `:` or quotes.
                "keys": .list(keys.map { ["key": .json(.string($0))] }),
            ]
        }
        return ["name": .text(try context.requireMachine().name), "users": .list(users)]
    }

    private static func metaData(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return [
            "cluster": .text(context.cluster.name), "name": .text(machine.name),
            "uuid": .text(machine.uuid.description.lowercased()),
        ]
    }

    private static func networkConfig(_ context: TemplateContext) throws -> TemplateValues {
        let (machine, network) = (try context.requireMachine(), context.cluster.network)
        return [
            "shares-kernel": .flag(context.cluster.guest.sharesKernel),
            "mac": .text(machine.mac),
            "has-forward": .flag(machine.forwardMAC != nil),
            "forward-mac": .text(machine.forwardMAC?.description ?? ""),
            "address": .text("\(machine.address)/\(network.subnet.prefixLength)"),
            "gateway": .text(network.gateway),
            "nameservers": .text(network.dns.map(\.description).joined(separator: ", ")),
        ]
    }
}

/// Values for `templates/base/`.
enum BaseSystemValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .hostname: .open { ["name": .text(try $0.requireMachine().name)] },
        .hosts: .open(hosts),
        .aptPeriodic: .open { _ in [:] },
        .noCalls: .open { _ in [:] },
        .interfaceName: .open { ["mac": .text(try $0.requireMachine().mac)] },
        .timesync: .open { _ in [:] },
        .kernelModules: .open { _ in [:] },
        .kernelSettings: .open { _ in [:] },
        .sharedKernelUnit: .open { _ in [:] },
        .manager: .open { _ in [:] },
        .trustUnit: .open { _ in [:] },
    ]

    private static func hosts(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        // All machines on the jump host, where people name them; elsewhere the backbone, so that a cluster of a
        // thousand workers does not hold a million lines.
        let known = machine.role == .jump ? context.cluster.machines : context.cluster.backbone
        return [
            "name": .text(machine.name),
            "address": .text(machine.address),
            "others": .list(known.filter { $0.name != machine.name }.map(entry)),
        ]
    }

    private static func entry(_ machine: Machine) -> TemplateValues {
        ["other-name": .text(machine.name), "other-address": .text(machine.address)]
    }
}

/// Values for `templates/ssh/`.
enum SSHValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [.sshdConfig: .open(config)]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let role = try context.requireMachine().role
        return [
            "users": .text(context.cluster.users.map(\.name).joined(separator: " ")),
            "is-jump": .flag(role == .jump),
            "is-load-balancer": .flag(role == .loadBalancer),
            "is-other": .flag(role != .jump && role != .loadBalancer),
        ]
    }
}
