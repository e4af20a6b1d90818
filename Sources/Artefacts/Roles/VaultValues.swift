import BuildPlan
import BundleFormat
import ClusterModel
import Values

/// Values for `templates/vault/`.
enum VaultValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .vaultConfig: .open(config),
        .vaultUnit: .open { _ in [:] },
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
            "auto-unseal": .json(.bool(context.cluster.vaultUnsealsItself)),
            "engines": .jsonLines(VaultPlan.engines.map { engine($0.authority, $0.holdsKey, context) }),
            "roles": .jsonLines(roles(context)),
        ]
    }

    private static func engine(_ authority: AuthorityName, _ holdsKey: Bool, _ context: TemplateContext) -> JSONValue {
        let path = "\(VaultPlan.issuers)/\(authority.rawValue)"
        let lifetime = context.plan.authorities.first { $0.name == authority }?.lifetime.seconds ?? 0
        return [
            "path": .string(engineName(authority)), "certificate": .string("\(path).crt"),
            "key": holdsKey ? .string("\(path).key") : .null, "max-lease-ttl": .integer(lifetime),
        ]
    }

    /// One role per kind of leaf, allowing just what the plan issues, so that the two cannot differ.
    private static func roles(_ context: TemplateContext) -> [JSONValue] {
        let leaves = context.plan.machines.flatMap(\.leaves) + context.plan.operator.leaves
        let byKind = Dictionary(grouping: leaves, by: \.kind)
        return LeafKind.allCases.compactMap { kind -> JSONValue? in
            guard let group = byKind[kind], let first = group.first else { return nil }
            return [
                "engine": .string(engineName(first.authority)), "name": .string(kind.rawValue),
                "settings": settings(first, group),
            ]
        }
    }

    /// Vault's words: https://developer.hashicorp.com/vault/api-docs/secret/pki#create-update-role
    private static func settings(_ leaf: LeafPlan, _ group: [LeafPlan]) -> JSONValue {
        [
            "allowed_domains": .strings(Set(group.flatMap { [$0.commonName] + $0.dnsNames }).sorted()),
            "allow_bare_domains": .bool(true), "allow_subdomains": .bool(false), "allow_localhost": .bool(false),
            "allow_ip_sans": .bool(group.contains { !$0.addresses.isEmpty }), "enforce_hostnames": .bool(false),
            "cn_validations": .strings(["disabled"]), "organization": .strings(leaf.organizations),
            "server_flag": .bool(leaf.usage != .client), "client_flag": .bool(leaf.usage != .server),
            "key_type": .string("ec"), "key_bits": .integer(256), "key_usage": .strings(["DigitalSignature"]),
            "ttl": .integer(leaf.lifetime.seconds), "max_ttl": .integer(leaf.lifetime.seconds),
            "not_before_duration": .integer(PKISettings.backdate.seconds),
        ]
    }

    private static func engineName(_ authority: AuthorityName) -> String {
        switch authority {
        case .intermediate: "pki_int"
        default: "pki_" + authority.rawValue.split(separator: "-").joined(separator: "_")
        }
    }
}
