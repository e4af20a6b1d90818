import BuildPlan
import ClusterModel
import Values

/// Values for `templates/vault/`.
enum VaultValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .vaultConfig: .open(config),
        .vaultUnit: .open { _ in [:] },
        .vaultBootstrap: .open { _ in [:] },
        .vaultBootstrapUnit: .open { _ in [:] },
        .vaultBootstrapConfig: .open(bootstrapConfig),
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return [
            "cluster": .text(context.cluster.name), "name": .text(machine.name), "address": .text(machine.address),
            "unseals-itself": .flag(context.cluster.vaultUnsealsItself),
        ]
    }

    private static func bootstrapConfig(_ context: TemplateContext) -> TemplateValues {
        [
            "auto-unseal": .text(context.cluster.vaultUnsealsItself),
            "engines": .list(separated(VaultPlan.engines.map { engine($0.authority, $0.holdsKey, context) })),
            "roles": .list(separated(roles(context))),
        ]
    }

    private static func engine(
        _ authority: AuthorityName, _ holdsKey: Bool, _ context: TemplateContext
    ) -> TemplateValues {
        let path = "\(VaultPlan.issuers)/\(authority.rawValue)"
        let lifetime = context.plan.authorities.first { $0.name == authority }?.lifetime.seconds ?? 0
        return [
            "engine": .text(engineName(authority)), "certificate": .text("\(path).crt"),
            "key": .text(holdsKey ? "\"\(path).key\"" : "null"), "lifetime": .text(lifetime),
        ]
    }

    /// One role per kind of leaf, allowing just what the plan issues, so that the two cannot differ.
    private static func roles(_ context: TemplateContext) -> [TemplateValues] {
        let leaves = context.plan.machines.flatMap(\.leaves) + context.plan.operator.leaves
        let byKind = Dictionary(grouping: leaves, by: \.kind)
        return LeafKind.allCases.compactMap { kind -> TemplateValues? in
            guard let group = byKind[kind], let first = group.first else { return nil }
            let names = Set(group.flatMap { [$0.commonName] + $0.dnsNames }).sorted()
            return [
                "role": .text(kind.rawValue), "role-engine": .text(engineName(first.authority)),
                "names": .text(jsonList(names)), "organizations": .text(jsonList(first.organizations)),
                "server": .text(first.usage != .client), "client": .text(first.usage != .server),
                "has-addresses": .text(group.contains { !$0.addresses.isEmpty }),
                "leaf-lifetime": .text(first.lifetime.seconds),
            ]
        }
    }

    private static func engineName(_ authority: AuthorityName) -> String {
        switch authority {
        case .intermediate: "pki_int"
        default: "pki_" + authority.rawValue.split(separator: "-").joined(separator: "_")
        }
    }

    /// Names of machines, users and groups need no escaping: letters, digits, dots, dashes and colons.
    private static func jsonList(_ texts: [String]) -> String {
        "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    /// Adds `comma`, which is empty for the last element: JSON allows none there.
    private static func separated(_ elements: [TemplateValues]) -> [TemplateValues] {
        elements.enumerated().map { index, element in
            element.merging(["comma": .text(index == elements.count - 1 ? "" : ",")]) { value, _ in value }
        }
    }
}
