public import BuildPlan

/// All templates, parsed once, and the programs beside them, which are taken as they are.
///
/// Templates are input files like the topology: their bytes come from outside.
public struct TemplateLibrary: Sendable {
    private var templates: [String: Template] = [:]
    private let programs: [String: [UInt8]]

    /// Parses every template.
    ///
    /// - Parameter texts: the text of each file by its path below the templates directory. What lies in `programs/` is no template;
    ///   `.md` is for people.
    /// - Throws: ``TemplateError`` for the first one that does not parse, or includes what cannot be included.
    public init(texts: [String: String]) throws(TemplateError) {
        programs = texts.filter { $0.key.hasPrefix("programs/") }.mapValues { Array($0.utf8) }
        for name in texts.keys.sorted() where programs[name] == nil && !name.hasSuffix(".md") {
            templates[name] = try Self.template(name, texts, inside: [])
        }
    }

    /// - Throws: ``TemplateError`` when there is no such template.
    public func template(_ name: TemplateName) throws(TemplateError) -> Template {
        guard let template = templates[name.path] else { throw Self.missing(name.path) }
        return template
    }

    /// The bytes of a program.
    ///
    /// - Throws: ``TemplateError`` when there is no such file.
    public func program(_ name: TemplateName) throws(TemplateError) -> [UInt8] {
        guard let bytes = programs[name.path] else { throw Self.missing(name.path) }
        return bytes
    }

    private static func missing(_ path: String) -> TemplateError {
        TemplateError(template: path, line: 1, message: "the file does not exist in the templates directory")
    }

    private static func template(
        _ name: String, _ texts: [String: String], inside outer: [String]
    ) throws(TemplateError) -> Template {
        try Template(name: name, text: texts[name] ?? "") { (path, line) throws(TemplateError) in
            func refuse(_ reason: String) -> TemplateError {
                TemplateError(template: name, line: line, message: "cannot include '\(path)': \(reason)")
            }
            guard let text = texts[path] else { throw refuse("the file does not exist in the templates directory") }
            guard !path.hasPrefix("programs/") else {
                return [Template.Literal(bytes: Array(text.utf8), file: path, line: 1)]
            }
            guard path != name, !outer.contains(path) else { throw refuse("it includes this file") }
            // Its errors would name the wrong file, and who reads it would not know where its values come from.
            guard let literals = try Self.template(path, texts, inside: outer + [name]).literals else {
                throw refuse("it has values of its own, an included file has none")
            }
            return literals
        }
    }
}
