import Foundation
import TestSupport
import Testing

/// A page for people: its fenced blocks, headings and links.
struct BookPage: Sendable, CustomTestStringConvertible {
    /// What stands between two fences.
    struct Block: Sendable, CustomTestStringConvertible {
        let page: String
        /// The first word behind the fence, which says how it is tested; see docs/README.md.
        let language: String
        /// What else stands there.
        let argument: String
        /// Of the first line, from 1.
        let number: Int
        let lines: [String]
        var place: String { "\(page):\(number)" }
        var testDescription: String { "\(place): \(lines.first ?? "")" }
    }

    struct Link: Sendable {
        let text: String
        let target: String
    }

    /// Relative to the checkout.
    let path: String
    let lines: [String]
    let blocks: [Block]
    var testDescription: String { path }

    /// The book and what stands around it.
    static let all: [BookPage] = {
        let docs = FileManager.default.enumerator(atPath: Repository.root.appendingPathComponent("docs").path)
        let found = docs?.compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" } ?? []
        return
            (["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "templates/README.md"] + found.sorted())
            .compactMap { try? BookPage($0) }
    }()

    static func named(_ path: String) throws -> BookPage { try BookPage(path) }

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blocks: [Block] = []
        var open: (fence: [Substring], number: Int, lines: [String])?
        for (index, line) in lines.enumerated() {
            guard line.hasPrefix("```") else {
                open?.lines.append(line)
                continue
            }
            if let block = open {
                blocks.append(
                    Block(
                        page: path, language: block.fence.first.map(String.init) ?? "",
                        argument: block.fence.dropFirst().joined(separator: " "), number: block.number,
                        lines: block.lines))
                open = nil
            } else {
                open = (line.dropFirst(3).split(separator: " "), index + 2, [])
            }
        }
        self.blocks = blocks
    }

    /// The lines that are in no block.
    var prose: [String] {
        var isInBlock = false
        return lines.filter { line in
            guard line.hasPrefix("```") else { return !isInBlock }
            isInBlock.toggle()
            return false
        }
    }

    var links: [Link] {
        prose.flatMap { line in
            // What is in backticks is no link.
            line.replacing(/`[^`]*`/, with: "code").matches(of: /\[([^\]]*)\]\(([^)\s]+)\)/).map { match in
                Link(text: String(match.1), target: String(match.2))
            }
        }
    }

    /// Where links into the page can lead, as GitHub names headings.
    var anchors: Set<String> {
        var seen: [String: Int] = [:]
        var anchors: Set<String> = []
        for line in prose {
            guard let heading = try? /#{1,6} (.*)/.wholeMatch(in: line)?.1 else { continue }
            let shown = heading.replacing(/\[([^\]]*)\]\([^)]*\)/) { String($0.1) }.lowercased()
            let kept = shown.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            let name = kept.replacing(" ", with: "-")
            let count = seen[name, default: 0]
            seen[name] = count + 1
            anchors.insert(count == 0 ? name : "\(name)-\(count)")
        }
        return anchors
    }

    /// Commands of this project that are named inside sentences.
    var inlineCommands: [String] {
        prose.flatMap { line in
            line.matches(of: /`((?:slipway|make) [^`]+)`/).map { String($0.1) }
        }
    }
}

extension BookPage.Block {
    /// Commands as a person types them, each with the output below it: `$ ` begins one, `> ` goes on with it.
    var commands: [(text: String, output: [String], line: Int)] {
        guard language == "console" else {
            return lines.enumerated().filter { !$0.element.isEmpty && !$0.element.hasPrefix("#") }.map {
                ($0.element, [], $0.offset)
            }
        }
        var commands: [(text: String, output: [String], line: Int)] = []
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("$ ") {
                commands.append((String(line.dropFirst(2)), [], index))
            } else if line.hasPrefix("> "), let last = commands.indices.last, commands[last].output.isEmpty {
                commands[last].text += "\n\(line.dropFirst(2))"
            } else if let last = commands.indices.last {
                commands[last].output.append(line)
            }
        }
        return commands
    }

    /// Whether this output is the one that is written: `…` stands for any text in a line, and alone for any lines.
    static func matches(_ written: [String], _ output: String) -> Bool {
        let shown = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let printed = shown.last == "" ? Array(shown.dropLast()) : shown
        return matches(written[...], printed[...])
    }

    private static func matches(_ written: ArraySlice<String>, _ printed: ArraySlice<String>) -> Bool {
        guard let first = written.first else { return printed.isEmpty }
        if first.trimmingCharacters(in: .whitespaces) == "…" {
            return (printed.startIndex...printed.endIndex).contains { end in
                matches(written.dropFirst(), printed[end...])
            }
        }
        guard let line = printed.first, isLine(first, line) else { return false }
        return matches(written.dropFirst(), printed.dropFirst())
    }

    private static func isLine(_ written: String, _ printed: String) -> Bool {
        let parts = written.components(separatedBy: "…")
        guard parts.count > 1, let head = parts.first, let tail = parts.last else { return written == printed }
        guard printed.hasPrefix(head) else { return false }
        var rest = printed.dropFirst(head.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let place = rest.range(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return rest.hasSuffix(tail)
    }
}

/// What the argument parser says of the commands, for pages that name them.
struct CommandTree: Decodable, Sendable {
    struct Argument: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            let kind, name: String
            var spelled: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }
        let kind: String
        let shouldDisplay, isOptional, isRepeating: Bool
        let names: [Name]?
        let valueName, defaultValue, abstract, discussion: String?
    }

    struct Command: Decodable, Sendable {
        let commandName: String
        let abstract, discussion: String?
        let shouldDisplay: Bool
        let arguments: [Argument]?
        let subcommands: [Command]?

        var shownSubcommands: [Command] {
            (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        }
    }

    let command: Command

    static let program = Result {
        try JSONDecoder().decode(
            CommandTree.self, from: Data(try Slipway.output(["--experimental-dump-help"]).utf8))
    }

    /// What is wrong with a command line in a sentence, whose values may be placeholders; `nil` when it can be typed so.
    func complaint(about words: [String]) -> String? {
        var command = self.command
        var rest = words[...]
        while let subcommands = command.subcommands, let word = rest.first, !word.hasPrefix("-") {
            guard let next = subcommands.first(where: { $0.commandName == word }) else {
                return "'\(command.commandName)' has no '\(word)'"
            }
            command = next
            rest = rest.dropFirst()
            if subcommands.isEmpty { break }
        }
        let known = Set((command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.spelled) + ["--help", "-h"])
        for word in rest {
            if word == "--" { break }
            let name = word.split(separator: "=").first.map(String.init) ?? word
            let option = name.trimmingCharacters(in: CharacterSet(charactersIn: "[],"))
            if option.hasPrefix("-"), option.count > 1, !known.contains(option) {
                return "'\(command.commandName)' has no \(option)"
            }
        }
        return nil
    }
}

/// A shell's line as far as pages have them: what of it is one command of ours.
enum ShellLine {
    static func words(of line: String) -> [String] {
        var words: [String] = []
        for word in line.replacing("\"", with: "").split(whereSeparator: \.isWhitespace).map(String.init) {
            let ends = ["|", "\\|", "||", "&&", ";", "<", "&"].contains(word)
            guard !ends, !["#", ">", "2>"].contains(where: { word.hasPrefix($0) }) else { break }
            guard !word.hasSuffix(";") else { return words + [String(word.dropLast())] }
            words.append(word)
        }
        return words
    }

    /// The arguments, when the line runs `slipway`.
    static func slipwayArguments(of line: String) -> [String]? {
        let words = words(of: line).drop { $0 == "sudo" || $0.contains("=") }
        guard let program = words.first,
            ["slipway", "$slipway"].contains(program) || program.hasSuffix("/slipway")
        else { return nil }
        return Array(words.dropFirst())
    }
}
