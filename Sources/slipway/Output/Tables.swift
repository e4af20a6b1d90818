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

/// Lines up columns with two spaces between them; the last column is not padded.
struct TextTable {
    private var rows: [[String]] = []

    init(_ header: String...) { rows = [header] }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The table, ending in a newline.
    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].count : nil }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
            }.joined() + "\n"
        }.joined()
    }
}
