import Foundation
import TestSupport

/// A lab's bundle, and variants of it.
package enum Bundles {
    package static func build(
        in lab: Lab, templates: String = Repository.templates.path, topology: String? = nil, to path: String
    ) throws {
        let out = "\(lab.directory)/built"
        try? FileManager.default.removeItem(atPath: out)
        try lab.slipway(
            "bundle", topology ?? lab.topology, "--secrets", "\(lab.directory)/secret", "--templates", templates,
            "--out", out)
        // Beside the bundle is its fixed name, a link.
        for name in try FileManager.default.contentsOfDirectory(atPath: out) where name.hasSuffix(".tar") {
            let made = "\(out)/\(name)"
            guard (try? FileManager.default.destinationOfSymbolicLink(atPath: made)) == nil else { continue }
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: made, toPath: path)
        }
    }

    /// The same topology with one template changed.
    package static func build(in lab: Lab, changing template: String, adding text: String, to path: String) throws {
        let copy = "\(lab.directory)/templates"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: Repository.templates.path, toPath: copy)
        let file = "\(copy)/\(template)"
        let content = try String(contentsOfFile: file, encoding: .utf8)
        try (content + text).write(toFile: file, atomically: true, encoding: .utf8)
        try build(in: lab, templates: copy, to: path)
    }
}
