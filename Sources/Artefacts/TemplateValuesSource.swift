public import BuildPlan
public import ClusterModel

/// How a template's values are computed. The type keeps secrets out of open files: only a derived
/// template's function is handed credentials.
enum TemplateValuesSource: Sendable {
    case open(@Sendable (TemplateContext) throws -> TemplateValues)
    case derived(@Sendable (TemplateContext, Credentials) throws -> TemplateValues)
}

/// The templates of one consumer and the values each is given. They lie in `Roles/`; what BuildPlan says of the same
/// consumer has the same name there.
protocol ValuesConsumer: SendableMetatype {
    static var sources: [TemplateName: TemplateValuesSource] { get }
}

/// What the values of an open template may depend on: the model and the plan, never the secrets file.
public struct TemplateContext: Sendable {
    public let plan: ClusterPlan
    /// The machine the file is for; `nil` for the operator's files.
    public let machine: Machine?

    public var cluster: Cluster { plan.cluster }
}

extension TemplateContext {
    /// - Throws: ``ArtefactError/notForMachine`` when the template is used for the operator by mistake.
    func requireMachine() throws(ArtefactError) -> Machine {
        guard let machine else { throw .notForMachine }
        return machine
    }
}

/// Which consumer gives a template its values.
enum TemplateRegistry {
    private static let consumers: [any ValuesConsumer.Type] = [
        CloudInitValues.self, BaseSystemValues.self, SSHValues.self, EtcdValues.self,
        HAProxyValues.self, KeepalivedValues.self, VaultValues.self, ControlPlaneValues.self, ContainerdValues.self,
        CNIValues.self, KubeletValues.self, KubeProxyValues.self, JumpValues.self, AddonsValues.self,
        OperatorValues.self,
    ]

    static let sources: [TemplateName: TemplateValuesSource] = consumers.reduce(into: [:]) { sources, consumer in
        sources.merge(consumer.sources) { first, _ in first }
    }
}
