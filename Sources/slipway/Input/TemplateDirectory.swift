import Bundling
import Foundation

/// Reads the templates directory: every regular file below it, by its path with slashes.
enum TemplateDirectory {
    /// - Parameters:
    ///   - path: the directory the user named, or `nil` to look in the usual places.
    ///   - spec: the topology; a checkout has its templates beside the topologies' directory.
    static func read(_ path: String?, for spec: String) throws(CommandFailure) -> TemplateSources {
        let directory = if let path { path } else { try find(spec) }
        // The enumerator does not follow a link at its root, and is not nil for a directory that is not there.
        let root = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory), isDirectory.boolValue,
            let names = FileManager.default.enumerator(atPath: root)
        else {
            throw CommandFailure(
                .input, "cannot read the templates directory \(directory)", help: "--templates DIR names another")
        }
        var texts: [String: String] = [:]
        while let name = names.nextObject() as? String {
            guard names.fileAttributes?[.type] as? FileAttributeType == .typeRegular, !isHidden(name) else { continue }
            texts[name] = try InputFile.text("\(directory)/\(name)", limit: 1 << 20)
        }
        guard !texts.isEmpty else {
            throw CommandFailure(
                .input, "the templates directory \(directory) is empty", help: "--templates DIR names another")
        }
        return TemplateSources(texts: texts)
    }

    /// Editors and file managers leave `.DS_Store` and `.file.swp` behind.
    private static func isHidden(_ name: String) -> Bool { name.split(separator: "/").contains { $0.hasPrefix(".") } }

    /// `templates` in the working directory, else in the topology's checkout, else beside an installed executable.
    private static func find(_ spec: String) throws(CommandFailure) -> String {
        let executable = Bundle.main.executablePath ?? CommandLine.arguments[0]
        let prefix = ((executable as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        let checkout = URL(fileURLWithPath: spec).deletingLastPathComponent().deletingLastPathComponent()
        let candidates = [
            "templates", checkout.appendingPathComponent("templates").path, "\(prefix)/share/slipway/templates",
        ]
        for candidate in candidates {
            var isDirectory: ObjCBool = false
            if unsafe FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory),
                isDirectory.boolValue
            {
                return candidate
            }
        }
        throw CommandFailure(
            .input, "there is no templates directory; looked for " + candidates.joined(separator: ", "),
            help: "name it with --templates DIR")
    }
}
