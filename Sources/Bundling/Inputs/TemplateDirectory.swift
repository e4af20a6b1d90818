import Foundation
import HostSystem

/// Reads the templates directory: every regular file below it, by its path with slashes.
public enum TemplateDirectory {
    /// - Parameters:
    ///   - path: the directory the user named, or `nil` to look in the usual places.
    ///   - spec: the topology; a checkout has its templates beside the topologies' directory.
    ///   - executable: this program's place; what is installed has its templates beside it.
    public static func read(
        _ path: String?, for spec: String, executable: String
    ) throws(InputError) -> TemplateSources {
        let directory = if let path { path } else { try find(spec, executable) }
        // The enumerator does not follow a link at its root, and is not nil for a directory that is not there.
        let root = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        guard Files.isDirectory(root), let names = FileManager.default.enumerator(atPath: root) else {
            throw .unreadableTemplates(directory: directory)
        }
        var texts: [String: String] = [:]
        while let name = names.nextObject() as? String {
            guard names.fileAttributes?[.type] as? FileAttributeType == .typeRegular, !isHidden(name) else { continue }
            texts[name] = try InputFile.text("\(directory)/\(name)", limit: 1 << 20)
        }
        guard !texts.isEmpty else { throw .emptyTemplates(directory: directory) }
        return TemplateSources(texts: texts)
    }

    /// Editors and file managers leave `.DS_Store` and `.file.swp` behind.
    private static func isHidden(_ name: String) -> Bool { name.split(separator: "/").contains { $0.hasPrefix(".") } }

    /// `templates` in the working directory, else in the topology's checkout, else beside an installed executable.
    private static func find(_ spec: String, _ executable: String) throws(InputError) -> String {
        let prefix = ((executable as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        let checkout = URL(fileURLWithPath: spec).deletingLastPathComponent().deletingLastPathComponent()
        let candidates = [
            "templates", checkout.appendingPathComponent("templates").path, "\(prefix)/share/slipway/templates",
        ]
        guard let found = candidates.first(where: Files.isDirectory) else { throw .noTemplates(searched: candidates) }
        return found
    }
}

private typealias Files = HostSystem.Files<InputError>
