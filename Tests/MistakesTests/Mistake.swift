import Foundation
import TestSupport
import Testing

/// A deliberate mistake and the whole answer to it, as a file of `Corpus/` has them:
///
///     ### a subnet of IPv6
///     - subnet: 10.7.0.0/24
///     + subnet: fd00::/64
///     => 1
///     error[network.subnet]: …
///
/// `-` and `+` change the first such text of the file that is right; `+` alone is put behind it, and `>` is the whole file instead. `\t` and
/// `\u{200B}` stand for characters that nobody would see here. `|` prepares a directory in a shell, and `$` is what is typed there.
/// `schema takes it:` says why the JSON Schema cannot refuse what is refused. What stands behind `=> STATUS` is standard error.
struct Mistake {
    var title: String
    /// The lines from the title to the answer, as they are written.
    var head: [String] = []
    var change = Change()
    var preparation: [String] = []
    var command: String?
    /// Why the schema takes it; nil when it refuses it.
    var reason: String?
    var answer: Answer?

    struct Answer: Equatable, CustomStringConvertible {
        let status: Int32
        let text: String

        var description: String { "=> \(status)\n\(text)" }
        /// How many errors there are, and how many findings of any kind.
        var errors: Int { count { $0.lowercased().hasPrefix("error") } }
        var findings: Int { errors + count { $0.hasPrefix("warning") || $0.hasPrefix("note") } }

        private func count(_ isOne: (Substring) -> Bool) -> Int {
            text.split(separator: "\n").count { line in
                isOne(line) && line.contains(": ") && !line.hasPrefix("note: ") && !line.hasPrefix("errors")
            }
        }
    }

    /// What becomes of a text.
    struct Change {
        var edits: [(old: [String], new: [String])] = []
        var whole: [String]?

        struct Misfit: Error { let text: String }

        func applied(to text: String) throws -> String {
            if let whole { return whole.map { $0 + "\n" }.joined() }
            var text = text
            for (old, new) in edits {
                if old.isEmpty {
                    text += new.map { $0 + "\n" }.joined()
                    continue
                }
                let wanted = old.joined(separator: "\n")
                // Characters of Swift would join what is to be told apart.
                guard let range = text.range(of: wanted, options: .literal) else { throw Misfit(text: wanted) }
                text.replaceSubrange(range, with: new.joined(separator: "\n"))
            }
            return text
        }
    }
}

/// A file of the corpus.
struct Theme: Sendable, CustomTestStringConvertible {
    /// What is changed, and so what gives the answer.
    enum Subject: String, Sendable, CaseIterable { case topology, lock, commands }

    let name: String
    let subject: Subject
    var testDescription: String { name }

    static let directory = Repository.root.appendingPathComponent("Tests/MistakesTests/Corpus")

    static let all: [Theme] = [
        Theme(name: "yaml", subject: .topology), Theme(name: "keys", subject: .topology),
        Theme(name: "values", subject: .topology), Theme(name: "meaning", subject: .topology),
        Theme(name: "lock", subject: .lock), Theme(name: "commands", subject: .commands),
    ]

    private var file: URL { Self.directory.appendingPathComponent("\(name).txt") }

    /// The file that is right, which the mistakes change.
    static func base(_ subject: Subject) throws -> String {
        try String(contentsOf: directory.appendingPathComponent("right.\(subject)"), encoding: .utf8)
    }

    func mistakes() throws -> [Mistake] {
        var mistakes: [Mistake] = []
        var answer: (status: Int32, lines: [String])?
        func finish() {
            guard let given = answer, !mistakes.isEmpty else { return }
            var lines = given.lines
            while lines.last == "" { lines.removeLast() }
            mistakes[mistakes.count - 1].answer = Mistake.Answer(
                status: given.status, text: lines.map { $0 + "\n" }.joined())
            answer = nil
        }
        for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("### ") {
                finish()
                mistakes.append(Mistake(title: String(line.dropFirst(4))))
            }
            guard !mistakes.isEmpty else { continue }
            if answer != nil {
                answer?.lines.append(line)
            } else if line.hasPrefix("=> ") {
                answer = (Int32(line.dropFirst(3)) ?? -1, [])
            } else {
                mistakes[mistakes.count - 1].take(line)
            }
        }
        finish()
        return mistakes
    }

    /// Writes the answers down behind the mistakes.
    func record(_ mistakes: [Mistake]) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = text.range(of: "\n### ").map { String(text[..<$0.lowerBound]) + "\n" } ?? ""
        let cases = mistakes.map { mistake in
            mistake.head.map { $0 + "\n" }.joined() + (mistake.answer.map { "\($0)" } ?? "")
        }
        try Data((start + cases.joined(separator: "\n")).utf8).write(to: file)
    }
}

extension Mistake {
    fileprivate mutating func take(_ line: String) {
        guard !line.isEmpty else { return }
        head.append(line)
        let text = Self.characters(line.dropFirst(2))
        switch line.prefix(2) {
        case "- ":
            if change.edits.last?.new.isEmpty ?? false {
                change.edits[change.edits.count - 1].old.append(text)
            } else {
                change.edits.append(([text], []))
            }
        case "+ ", "+":
            if change.edits.isEmpty { change.edits.append(([], [])) }
            change.edits[change.edits.count - 1].new.append(text)
        case "> ", ">": change.whole = (change.whole ?? []) + [text]
        case "| ": preparation.append(String(line.dropFirst(2)))
        case "$ ": command = String(line.dropFirst(2))
        default:
            let mark = "schema takes it: "
            if line.hasPrefix(mark) { reason = String(line.dropFirst(mark.count)) }
        }
    }

    /// `\t`, `\r` and `\u{…}` made the characters that they stand for.
    private static func characters(_ text: Substring) -> String {
        var rest = text
        var result = ""
        while let start = rest.firstIndex(of: "\\") {
            result += rest[..<start]
            rest = rest[start...]
            if rest.hasPrefix("\\t") || rest.hasPrefix("\\r") {
                result += rest.hasPrefix("\\t") ? "\t" : "\r"
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("\\u{"), let end = rest.firstIndex(of: "}"),
                let scalar = UInt32(rest[..<end].dropFirst(3), radix: 16).flatMap(Unicode.Scalar.init)
            {
                result.unicodeScalars.append(scalar)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "\\"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }
}
