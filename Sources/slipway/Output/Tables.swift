import BundleFormat
import Foundation
import Launching

/// What `slipway doctor` prints.
enum FindingOutput {
    static func text(_ findings: [Finding], colour: Bool) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        return findings.map { finding in
            let subject = finding.subject.padding(toLength: width, withPad: " ", startingAt: 0)
            var line = "\(mark(finding.level, colour))  \(subject)  \(finding.message)\n"
            if let remedy = finding.remedy, finding.level != .ok {
                line += String(repeating: " ", count: 9 + width + 2) + remedy + "\n"
            }
            return line
        }.joined()
    }

    private static func mark(_ level: Finding.Level, _ colour: Bool) -> String {
        let (word, code) =
            switch level {
            case .ok: ("ok     ", 32)
            case .warning: ("warning", 33)
            case .failure: ("failure", 31)
            }
        return colour ? "\u{1B}[\(code)m\(word)\u{1B}[0m" : word
    }

    static func json(_ findings: [Finding]) -> JSONValue {
        .array(
            findings.map { finding in
                var object = JSONObject([
                    ("level", .string(finding.level.rawValue)), ("subject", .string(finding.subject)),
                    ("message", .string(finding.message)),
                ])
                object["remedy"] = finding.remedy.map { .string($0) }
                return .object(object)
            })
    }
}

/// Lines up columns with two spaces between them; the last column is not padded. On a terminal that is too narrow for it, the
/// widest columns are made narrower and their cells go on below: nothing is cut off.
struct TextTable {
    private var rows: [[String]] = []

    init(_ header: String...) { rows = [header] }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The table, ending in a newline.
    ///
    /// - Parameter width: the terminal's columns; nil for a pipe or a file, in which each row is one line.
    func text(width: Int?) -> String { lines(width: width).map { $0 + "\n" }.joined() }

    /// The same by row, the header first; a row that goes on below has newlines.
    func lines(width: Int?) -> [String] {
        let widths = widths(within: width)
        return rows.map { row in
            let cells = zip(row, widths).map { Self.folded($0, $1) }
            return (0..<(cells.map(\.count).max() ?? 0)).map { line in
                var text = ""
                var indent = 0
                for (cell, width) in zip(cells, widths) {
                    if line < cell.count, !cell[line].isEmpty {
                        text += String(repeating: " ", count: indent - text.count) + cell[line]
                    }
                    indent += width + 2
                }
                return text
            }.joined(separator: "\n")
        }
    }

    private func widths(within width: Int?) -> [Int] {
        var widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].count : nil }.max() ?? 0
        }
        guard let width else { return widths }
        // No column becomes so narrow that it could not be read.
        while widths.reduce(-2, { $0 + $1 + 2 }) > width,
            let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 8
        {
            widths[widest] -= 1
        }
        return widths
    }

    /// A cell in pieces, which end at a space, a slash or a comma where there is one in their second half.
    private static func folded(_ cell: String, _ width: Int) -> [String] {
        var pieces: [String] = []
        var rest = Substring(cell)
        while rest.count > width {
            let piece = rest.prefix(width)
            let end = piece.lastIndex { " /,".contains($0) }.map { piece.index(after: $0) }
            let cut =
                end.map { rest.distance(from: rest.startIndex, to: $0) > width / 2 ? $0 : piece.endIndex }
                ?? piece.endIndex
            pieces.append(String(rest[..<cut]))
            rest = rest[cut...]
        }
        return pieces + [String(rest)]
    }
}
