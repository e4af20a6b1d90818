import Foundation
import HostSystem

/// Where templates come from: a directory that a person named, else this program, which has those of its own release inside.
public enum TemplateDirectory {
    /// Every regular file below a directory, by its path with slashes.
    ///
    /// - Parameter path: the directory that was named; nil for the templates inside this program.
    /// - Throws: ``InputError`` that names the file or directory that cannot be read.
    public static func read(_ path: String?) throws(InputError) -> TemplateSources {
        guard let directory = path else { return TemplateSources(texts: EmbeddedTemplates.texts) }
        // The enumerator does not follow a link at its root, and is not nil for a directory that is not there.
        let root = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        guard Files.isDirectory(root), let names = FileManager.default.enumerator(atPath: root) else {
            throw .unreadableTemplates(directory: directory)
        }
        var texts: [String: String] = [:]
        var paths = [directory]
        while let name = names.nextObject() as? String {
            guard !isHidden(name) else { continue }
            let path = "\(directory)/\(name)"
            switch names.fileAttributes?[.type] as? FileAttributeType {
            case .typeRegular: texts[name] = try InputFile.text(path, limit: 1 << 20)
            case .typeDirectory: break
            default: continue
            }
            paths.append(path)
        }
        guard !texts.isEmpty else { throw .emptyTemplates(directory: directory) }
        return TemplateSources(texts: texts, paths: paths.sorted())
    }

    /// Editors and file managers leave `.DS_Store` and `.file.swp` behind.
    private static func isHidden(_ name: String) -> Bool { name.split(separator: "/").contains { $0.hasPrefix(".") } }

    /// Writes the templates inside this program into a directory that is not there yet: all of them or nothing.
    ///
    /// - Returns: the paths below the directory, sorted.
    /// - Throws: ``InputError`` when the directory exists or cannot be written.
    public static func export(to directory: String) throws(InputError) -> [String] {
        guard !Files.exists(directory) else { throw .templatesExist(directory: directory) }
        let name = URL(fileURLWithPath: directory).standardizedFileURL.path
        let partial = "\(name).slipway-\(UInt64.random(in: .min ... .max))"
        do throws(InputError) {
            for (path, text) in EmbeddedTemplates.texts {
                let file = "\(partial)/\(path)"
                try Files.makeDirectory(URL(fileURLWithPath: file).deletingLastPathComponent().path)
                try Files.write(Array(text.utf8), to: file, mode: 0o644)
            }
            try Files.rename(partial, to: name)
        } catch {
            try Files.remove(partial)
            throw error
        }
        return EmbeddedTemplates.texts.keys.sorted()
    }
}

private typealias Files = HostSystem.Files<InputError>
