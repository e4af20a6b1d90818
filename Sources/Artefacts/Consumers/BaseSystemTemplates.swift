import BuildPlan
import ClusterModel
import Values

/// Values for `templates/base/`.
enum BaseSystemTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .hostname: .open { ["name": .text(try $0.requireMachine().name)] },
        .hosts: .open(hosts),
        .aptPeriodic: .open { _ in [:] },
        .timesync: .open { _ in [:] },
        .kernelModules: .open { _ in [:] },
        .kernelSettings: .open { _ in [:] },
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
