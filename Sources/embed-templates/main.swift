import Foundation

// embed-templates DIRECTORY TYPE OUTPUT: writes a Swift source with the text of every file below the directory, in the order of their paths.
// Part of the build alone; see Plugins/EmbedTemplates. What it leaves out is what `TemplateDirectory` leaves out.

func stop(_ message: String) -> Never {
    FileHandle.standardError.write(Data("error: embed-templates: \(message)\n".utf8))
    exit(1)
}

/// A string literal in which every character that is not printable ASCII is escaped.
func literal(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "\"") { $0 += $1.escaped(asASCII: true) } + "\""
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else { stop("expected a directory, a name for the type and the file to write") }
let root = URL(fileURLWithPath: arguments[1])
guard let names = FileManager.default.enumerator(atPath: root.path) else { stop("cannot read \(root.path)") }
var texts: [String: String] = [:]
while let name = names.nextObject() as? String {
    let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
    guard names.fileAttributes?[.type] as? FileAttributeType == .typeRegular, !isHidden else { continue }
    guard let bytes = try? Data(contentsOf: root.appendingPathComponent(name)) else { stop("cannot read \(name)") }
    guard let text = String(validating: bytes, as: UTF8.self) else { stop("\(name) is not UTF-8 text") }
    texts[name] = text
}
guard !texts.isEmpty else { stop("there is nothing in \(root.path)") }

let entries = texts.sorted { $0.key < $1.key }.map { "        \(literal($0.key)): \(literal($0.value)),\n" }
let source = """
    // Made by embed-templates from \(root.lastPathComponent)/.
    enum \(arguments[2]) {
        static let texts: [String: String] = [
    \(entries.joined())    ]
    }

    """
do { try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[3]), options: .atomic) } catch {
    stop("cannot write \(arguments[3]): \(error.localizedDescription)")
}
