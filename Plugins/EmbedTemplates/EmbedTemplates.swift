import Foundation
import PackagePlugin

/// Puts what lies below `templates/` into the target it is used by, as one Swift source that the build makes.
@main
struct EmbedTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let templates = context.package.directoryURL.appending(path: "templates")
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedTemplates.swift")
        // The directories too: a file that comes or goes changes theirs.
        let names = FileManager.default.enumerator(atPath: templates.path)?.compactMap { $0 as? String } ?? []
        return [
            .buildCommand(
                displayName: "Embedding templates", executable: try context.tool(named: "embed-templates").url,
                arguments: [templates.path, output.path],
                inputFiles: [templates] + names.sorted().map { templates.appending(path: $0) },
                outputFiles: [output])
        ]
    }
}
