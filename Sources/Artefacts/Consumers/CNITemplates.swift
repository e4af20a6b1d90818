import BuildPlan
import ClusterModel
import Values

/// Values for `templates/cni/`.
enum CNITemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .bridgeNetwork: .open(bridge),
        .podRoutes: .open(routes),
        .podRoutesUnit: .open { ["pods": .text($0.cluster.network.pods)] },
    ]

    private static func bridge(_ context: TemplateContext) throws -> TemplateValues {
        let worker = try context.requireMachine()
        guard let range = context.cluster.podRange(of: worker) else { throw ArtefactError.noPodRange(worker.name) }
        return ["pod-range": .text(range)]
    }

    /// One line for `ip -batch` per other worker. Every worker needs them all, so that this grows with the square of their
    /// number: it is put together as one text, not as a list.
    private static func routes(_ context: TemplateContext) throws -> TemplateValues {
        let own = try context.requireMachine()
        let lines = try context.cluster.machines(.worker).compactMap { worker -> String? in
            guard worker.name != own.name else { return nil }
            guard let range = context.cluster.podRange(of: worker) else { throw ArtefactError.noPodRange(worker.name) }
            return "route replace \(range) via \(worker.address)"
        }
        return ["routes": .text(lines.joined(separator: "\n"))]
    }
}
