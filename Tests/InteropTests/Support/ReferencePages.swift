import Foundation

/// The part of docs/commands.md that is made: each command with what the argument parser says of it.
enum CommandReference {
    static func made(from tree: CommandTree) -> String {
        let all = tree.command.shownSubcommands
        let list = all.map { command in
            "| [`slipway \(command.commandName)`](#\(anchor([command]))) | \(cell(command.abstract)) |\n"
        }
        return "\n| command | what it does |\n|---|---|\n" + list.joined() + "\n"
            + all.map { section(of: $0, below: [], level: 3) }.joined()
    }

    private static func anchor(_ path: [CommandTree.Command]) -> String {
        (["slipway"] + path.map(\.commandName)).joined(separator: "-")
    }

    private static func section(of command: CommandTree.Command, below: [CommandTree.Command], level: Int) -> String {
        let path = (["slipway"] + (below + [command]).map(\.commandName)).joined(separator: " ")
        let arguments = (command.arguments ?? []).filter(\.shouldDisplay).filter { argument in
            !(argument.names ?? []).contains { ["version", "help"].contains($0.name) }
        }
        var text = "\(String(repeating: "#", count: level)) \(path)\n\n\(command.abstract ?? "")\n\n"
        text += paragraphs(command.discussion ?? "")
        if command.shownSubcommands.isEmpty {
            text += "```text\n\(path)\(arguments.map { " " + usage(of: $0) }.joined())\n```\n\n"
        }
        if !arguments.isEmpty {
            text += "| | |\n|---|---|\n\(rows(of: arguments))\n"
        }
        return text
            + command.shownSubcommands.map { section(of: $0, below: below + [command], level: level + 1) }.joined()
    }

    /// Sentences as paragraphs, indented lines as what is typed or shown.
    private static func paragraphs(_ text: String) -> String {
        var result = ""
        var isInBlock = false
        for line in text.split(separator: "\n") {
            let isIndented = line.hasPrefix("  ")
            if isIndented != isInBlock {
                result += isIndented ? "\n```text\n" : "```\n\n"
                isInBlock = isIndented
            }
            result += (isIndented ? String(line.dropFirst(2)) : escaped(String(line))) + "\n"
        }
        if isInBlock { result += "```\n" }
        return result.isEmpty ? "" : result + "\n"
    }

    /// `--no-x` has no row of its own beside `--x`.
    private static func rows(of arguments: [CommandTree.Argument]) -> String {
        func isNegation(_ argument: CommandTree.Argument) -> Bool {
            let plain =
                argument.names?.first?.name.hasPrefix("no-") == true ? argument.names?.first?.name.dropFirst(3) : nil
            return arguments.contains { plain != nil && $0.names?.first?.name == plain.map(String.init) }
        }
        return arguments.filter { !isNegation($0) }.map { argument in
            let negation = arguments.first { isNegation($0) && $0.abstract == argument.abstract }
            let names = [argument, negation].compactMap { $0 }.map { "`\(spelled($0))`" }.joined(separator: ", ")
            return "| \(names) | \(meaning(of: argument)) |\n"
        }.joined()
    }

    private static func spelled(_ argument: CommandTree.Argument) -> String {
        let value = argument.valueName ?? ""
        guard let names = argument.names, !names.isEmpty else { return "<\(value)>" }
        let shown = names.map(\.spelled).joined(separator: ", ")
        return argument.kind == "flag" ? shown : "\(shown) <\(value)>"
    }

    private static func usage(of argument: CommandTree.Argument) -> String {
        let long = argument.names?.first { $0.kind == "long" } ?? argument.names?.first
        let value = "<\(argument.valueName ?? "")>"
        let text =
            long.map { argument.kind == "flag" ? $0.spelled : "\($0.spelled) \(value)" } ?? value
        let repeated = argument.isRepeating ? "\(text) ..." : text
        return argument.isOptional ? "[\(repeated)]" : repeated
    }

    private static func meaning(of argument: CommandTree.Argument) -> String {
        var text = cell(argument.abstract)
        if let discussion = argument.discussion { text += " " + cell(discussion) }
        if argument.kind != "flag", let value = argument.defaultValue { text += " Default: `\(value)`." }
        return text
    }

    private static func cell(_ text: String?) -> String {
        escaped(text ?? "").replacing("\n", with: " ").replacing("|", with: "\\|")
    }

    /// What Markdown would take for HTML.
    private static func escaped(_ text: String) -> String {
        text.replacing("<", with: "&lt;").replacing("*", with: "\\*")
    }
}

/// The part of docs/topology.md that is made: each key with what the reader's declarations say of it.
enum TopologyReference {
    /// As much of JSON Schema as `slipway schema` prints.
    final class Schema: Decodable, Sendable {
        let type, description: String?
        let `enum`: [String]?
        let const: Int?
        let minimum, maximum: Int?
        let properties: [String: Schema]?
        let required: [String]?
        let items: Schema?
    }

    /// In the order in which people write them; others follow.
    private static let order = [
        "version", "name", "epoch", "guest", "network", "kubernetes", "versions", "vault", "pki", "packages",
        "accepted",
        "users", "machines",
    ]

    static func made(from schema: Schema) -> String {
        "\n" + table(of: schema, heading: nil, below: "")
    }

    private static func table(of schema: Schema, heading: String?, below: String) -> String {
        let required = Set(schema.required ?? [])
        let keys = (schema.properties ?? [:]).sorted { one, other in
            let places = [one.key, other.key].map { key in below.isEmpty ? order.firstIndex(of: key) ?? order.count : 0
            }
            return (places[0], required.contains(one.key) ? 0 : 1, one.key)
                < (places[1], required.contains(other.key) ? 0 : 1, other.key)
        }
        var text = heading.map { "### \($0)\n\n" } ?? ""
        text += "| key | what it says | form |\n|---|---|---|\n"
        for (key, value) in keys {
            let mark = required.contains(key) ? "**`\(key)`**" : "`\(key)`"
            text += "| \(mark) | \(value.description ?? "") | \(form(of: value, named: below + key)) |\n"
        }
        text += "\n"
        for (key, value) in keys {
            if value.properties != nil {
                text += table(of: value, heading: "`\(below)\(key)`", below: "\(below)\(key).")
            } else if let items = value.items, items.properties != nil {
                text += table(of: items, heading: "`\(below)\(key)[]`", below: "\(below)\(key)[].")
            }
        }
        return text
    }

    private static func form(of schema: Schema, named name: String) -> String {
        if let words = schema.enum { return words.map { "`\($0)`" }.joined(separator: ", ") }
        if let value = schema.const { return "`\(value)`" }
        switch schema.type {
        case "integer" where schema.minimum == schema.maximum: return "`\(schema.minimum ?? 0)`"
        case "integer":
            let last = schema.maximum.map { " to \($0)" } ?? " or more"
            return "a number, \(schema.minimum ?? 0)\(last)"
        case "boolean": return "`true` or `false`"
        case "array":
            guard let items = schema.items else { return "a list" }
            return items.properties == nil ? "a list: \(form(of: items, named: name))" : "a list of mappings: below"
        case "object": return schema.properties == nil ? "a mapping" : "a mapping: below"
        default: return "text"
        }
    }
}
