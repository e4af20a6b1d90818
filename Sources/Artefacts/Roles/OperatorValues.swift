import BuildPlan
import ClusterModel
import Values

/// Values for `templates/operator/`.
enum OperatorValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .operatorSSHConfig: .open(sshConfig),
        .operatorHosts: .open { ["cluster": .text($0.cluster.name), "machines": machines($0.cluster)] },
    ]

    private static func sshConfig(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        let jump = cluster.machines(.jump).first
        let others = cluster.machines.filter { $0.role != .jump }.map { "\($0.name) \($0.address)" }.joined(
            separator: " ")
        return [
            "first-host": .text(jump?.name ?? cluster.apiEntrances[0].name),
            "machines": machines(cluster),
            "jump": .list(jump.map { [["jump-name": .text($0.name), "others": .text(others)]] } ?? []),
            "hosts": .text(JumpValues.hosts(of: cluster, separator: " ")),
            "login": .text(cluster.login),
        ]
    }

    private static func machines(_ cluster: Cluster) -> TemplateValue {
        .list(cluster.machines.map { ["name": .text($0.name), "address": .text($0.address)] })
    }
}
