public import BuildPlan

/// All templates, parsed once. Templates are input files like the topology: their bytes come from outside.
public struct TemplateLibrary: Sendable {
    private let templates: [String: Template]

    /// Parses every template.
    ///
    /// - Parameter texts: the text of each template by its path below the templates directory.
    /// - Throws: ``TemplateError`` for the first one that does not parse.
    public init(texts: [String: String]) throws(TemplateError) {
        var templates: [String: Template] = [:]
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            templates[name] = try Template(name: name, text: text)
        }
        self.templates = templates
    }

    /// - Throws: ``TemplateError`` when there is no such template.
    public func template(_ name: TemplateName) throws(TemplateError) -> Template {
        guard let template = templates[name.path] else {
            throw TemplateError(
                template: name.path, line: 1, message: "the file does not exist in the templates directory")
        }
        return template
    }
}
