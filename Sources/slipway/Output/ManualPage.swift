import ArgumentParser
import Foundation

/// The manual pages of `slipway`, one for the program and one for each of its commands, as man(7) has them.
///
/// All that they say is the parser's: they are made from what it prints for `--experimental-dump-help`.
struct ManualPage {
    /// The file's name, such as `slipway-up.1`.
    let name: String
    private(set) var text: String

    /// All pages, the program's first.
    ///
    /// - Parameters:
    ///   - date: what stands at the foot of each, such as `2026-11-29`; empty when nobody says.
    ///   - release: the version of the program.
    /// - Throws: `DecodingError` when this version of ArgumentParser says it in another form.
    static func all(date: String, release: String) throws -> [ManualPage] {
        let root = try JSONDecoder().decode(Dump.self, from: Data(Slipway._dumpHelp().utf8)).command
        let commands = root.shownSubcommands
        return [ManualPage(root, date, release, commands.map(\.pageName))]
            + commands.map { ManualPage($0, date, release, [root.pageName]) }
    }

    private init(_ command: Command, _ date: String, _ release: String, _ related: [String]) {
        name = "\(command.pageName).1"
        text = """
            .TH \(command.pageName.uppercased()) 1 "\(date)" "slipway \(release)" "Slipway's manual"
            .nh
            .ad l
            .SH NAME
            \(Roff.literal(command.pageName)) \\- \(Roff.flowing(command.abstract ?? "", closed: false))
            .SH SYNOPSIS
            \(command.synopsis)

            """
        if let discussion = command.discussion { text += ".SH DESCRIPTION\n" + Roff.discussion(discussion) }
        text += command.arguments(heading: ".SH")
        let subcommands = command.shownSubcommands
        if command.superCommands == nil {
            text += ".SH COMMANDS\n" + subcommands.map(\.entry).joined()
        } else {
            for subcommand in subcommands {
                text += ".SH \"\(subcommand.words.joined(separator: " ").uppercased())\"\n"
                if let abstract = subcommand.abstract { text += Roff.flowing(abstract, closed: true) + "\n" }
                text += ".PP\n\(subcommand.synopsis)\n"
                if let discussion = subcommand.discussion { text += ".PP\n" + Roff.discussion(discussion) }
                text += subcommand.arguments(heading: ".SS")
            }
        }
        text += ".SH \"SEE ALSO\"\n" + related.map { ".BR \(Roff.literal($0)) (1)" }.joined(separator: ",\n") + "\n"
    }
}

/// What ArgumentParser says of a program, `serializationVersion` 0; what no page shows is left out.
private struct Dump: Decodable { let command: Command }

private struct Command: Decodable {
    let commandName: String
    let superCommands: [String]?
    let abstract, discussion: String?
    let shouldDisplay: Bool?
    let subcommands: [Command]?
    let arguments: [Argument]?

    /// `slipway drill run`
    var words: [String] { (superCommands ?? []) + [commandName] }
    var pageName: String { words.joined(separator: "-") }
    /// In the order in which `slipway --help` has them; `help` is ArgumentParser's own.
    var shownSubcommands: [Command] {
        (subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
    }
    private var shownArguments: [Argument] { (arguments ?? []).filter { $0.shouldDisplay ?? true } }

    /// One line of words that may break between arguments and not within.
    var synopsis: String {
        let command = "\\fB\(Roff.literal(words.joined(separator: " ")))\\fR"
        // Help and version are every command's, and stand among the options.
        let arguments = shownArguments.filter { !["help", "version"].contains($0.valueName) }.map(\.usage)
        return Roff.broken(
            ([command] + arguments + (shownSubcommands.isEmpty ? [] : ["\\fIcommand\\fR"])).joined(separator: " "))
    }

    func arguments(heading: String) -> String {
        let (positionals, options) = (shownArguments.filter(\.isPositional), shownArguments.filter { !$0.isPositional })
        return [("ARGUMENTS", positionals), ("OPTIONS", options)].map { title, arguments in
            arguments.isEmpty ? "" : "\(heading) \(title)\n" + arguments.map(\.entry).joined()
        }.joined()
    }

    /// The command in its program's list.
    var entry: String { ".TP\n.BR \(Roff.literal(pageName)) (1)\n\(Roff.flowing(abstract ?? "", closed: true))\n" }
}

private struct Argument: Decodable {
    let kind: String
    let names: [Name]?
    let valueName, defaultValue, abstract, discussion: String?
    let allValues: [String]?
    let isOptional, isRepeating: Bool
    let shouldDisplay: Bool?

    struct Name: Decodable {
        let kind, name: String
        var text: String { "\\fB\(Roff.literal((kind == "long" ? "--" : "-") + name))\\fR" }
    }

    var isPositional: Bool { kind == "positional" }
    private var value: String { "\\fI\(Roff.literal(valueName ?? "value"))\\fR" }

    private func spelled(_ name: Name) -> String { kind == "option" ? "\(name.text)\\ \(value)" : name.text }

    /// The argument in a synopsis: `[--format format]`.
    var usage: String {
        // The last name is the long one; a flag that can be turned off has both.
        let named = kind == "flag" && (names?.count ?? 0) > 1 ? names?.map(\.text).joined(separator: "|") : nil
        let text = isPositional ? value : named ?? names?.last.map(spelled) ?? value
        return (isOptional ? "[\(text)]" : text) + (isRepeating ? "..." : "")
    }

    /// The argument in a list of arguments.
    var entry: String {
        let title = isPositional ? value : (names ?? []).map(spelled).joined(separator: ", ")
        var lines = [".TP", title, Roff.flowing(abstract ?? "", closed: true)]
        if let discussion { lines.append(Roff.flowing(discussion, closed: true)) }
        if let allValues { lines.append("One of: \(allValues.map(Roff.literal).joined(separator: ", ")).") }
        if let defaultValue { lines.append("Default: \(Roff.literal(defaultValue)).") }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Text as roff(7) takes it.
private enum Roff {
    /// What may be typed or compared: hyphens are minus signs.
    static func literal(_ text: String) -> String { escaped(text).replacing("-", with: "\\-") }

    /// Prose that is filled to the reader's width.
    ///
    /// - Parameter closed: whether it ends in a full stop; without one where a name is explained.
    static func flowing(_ text: String, closed: Bool) -> String {
        var line = escaped(text.split(whereSeparator: \.isNewline).joined(separator: " ")).replacing(
            "--", with: "\\-\\-")
        while line.hasSuffix(".") { line.removeLast() }
        return broken(line + (closed ? "." : ""))
    }

    /// The same text in lines of the page's source that are not longer than 80 bytes, as roff's readers like it.
    static func broken(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            // `\ ` is a space that no line breaks at, and belongs to the word before it.
            if lines[lines.count - 1].hasSuffix("\\") || lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
            } else if lines[lines.count - 1].count + word.count < 78 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.map(guarded).joined(separator: "\n")
    }

    /// A discussion: lines that are indented are shown as they are, and the others are filled.
    static func discussion(_ text: String) -> String {
        var blocks: [String] = []
        var prose: [Substring] = []
        var isLiteral = false
        // A paragraph right behind a heading is one already.
        func begin(_ block: String) { blocks.append((blocks.isEmpty ? "" : ".PP\n") + block) }
        func close() {
            let text = prose.joined(separator: " ")
            if !text.isEmpty { begin(flowing(text, closed: !text.hasSuffix(":"))) }
            prose = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  ") != isLiteral {
                close()
                isLiteral.toggle()
                if isLiteral { begin(".nf\n.RS 2") } else { blocks.append(".RE\n.fi") }
            }
            if isLiteral {
                blocks.append(guarded(literal(String(line.dropFirst(2)))))
            } else if line.isEmpty {
                close()
            } else {
                prose.append(line)
            }
        }
        close()
        if isLiteral { blocks.append(".RE\n.fi") }
        return blocks.joined(separator: "\n") + "\n"
    }

    /// Beyond ASCII by code point, so that the page is the same in every locale.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\e"
            case "'": "\\(aq"
            case "^": "\\(ha"
            case "~": "\\(ti"
            case "`": "\\(ga"
            case "\u{20}"..."\u{7E}": String(scalar)
            default: "\\[u\(String(format: "%04X", scalar.value))]"
            }
        }.joined()
    }

    /// A line that begins with a full stop would be a request.
    private static func guarded(_ line: String) -> String { line.hasPrefix(".") ? "\\&" + line : line }
}
