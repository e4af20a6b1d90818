import BuildPlan
import ClusterModel
import Values

/// Values for `templates/ssh/`.
enum SSHTemplates: TemplateConsumer {
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
