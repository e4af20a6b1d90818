import Foundation
import PackagePlugin

/// Puts what lies below a directory of this package into the target it is used by, as one Swift source that the build makes: `templates/`, and
/// for drills `drills/`.
@main
struct EmbedTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let (directory, type) =
            target.name == "Drills" ? ("drills", "EmbeddedDrills") : ("templates", "EmbeddedTemplates")
        let root = context.package.directoryURL.appending(path: directory)
        let output = context.pluginWorkDirectoryURL.appending(path: "\(type).swift")
        // The directories too: a file that comes or goes changes theirs.
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return [
            .buildCommand(
                displayName: "Embedding \(directory)", executable: try context.tool(named: "embed-templates").url,
                arguments: [root.path, type, output.path],
                inputFiles: [root] + names.sorted().map { root.appending(path: $0) },
                outputFiles: [output])
        ]
    }
}
