import Artefacts
import Foundation
import TestSupport

/// Files of the checkout, found from this source file: tests may run in any working directory.
enum RepositoryFiles {
    static func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The shipped templates.
    static func templates() throws -> TemplateLibrary {
        let directory = Repository.root.appendingPathComponent("templates").resolvingSymlinksInPath().path
        var texts: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let file = "\(directory)/\(path)"
            let type = try FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType
            if type == .typeRegular { texts[path] = try String(contentsOfFile: file, encoding: .utf8) }
        }
        return try TemplateLibrary(texts: texts)
    }
}
