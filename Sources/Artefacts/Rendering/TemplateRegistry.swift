import BuildPlan

/// Which consumer gives a template its values.
enum TemplateRegistry {
    private static let consumers: [any TemplateConsumer.Type] = [
        CloudInitTemplates.self, BaseSystemTemplates.self, SSHTemplates.self, EtcdTemplates.self,
        HAProxyTemplates.self, VaultTemplates.self, ControlPlaneTemplates.self, ContainerdTemplates.self,
        CNITemplates.self, KubeletTemplates.self, KubeProxyTemplates.self, JumpTemplates.self, AddonsTemplates.self,
        OperatorTemplates.self,
    ]

    static let sources: [TemplateName: TemplateValuesSource] = consumers.reduce(into: [:]) { sources, consumer in
        sources.merge(consumer.sources) { first, _ in first }
    }
}
