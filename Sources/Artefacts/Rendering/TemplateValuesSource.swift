import BuildPlan

/// How a template's values are computed. The type keeps secrets out of open files: only a derived
/// template's function is handed credentials.
enum TemplateValuesSource: Sendable {
    case open(@Sendable (TemplateContext) throws -> TemplateValues)
    case derived(@Sendable (TemplateContext, Credentials) throws -> TemplateValues)
}

/// The templates of one consumer and the values each is given. One file per consumer in `Consumers/`.
protocol TemplateConsumer: SendableMetatype {
    static var sources: [TemplateName: TemplateValuesSource] { get }
}
