import BundleFormat
import Foundation
import TestSupport
import Testing

@Suite("what a machine tells")
struct GuestReportTests {
    private static let summary = ApplySummary(
        generation: 3, changed: 2, removed: 1, unchanged: 25, waiting: ["vault"], failed: ["x.service"])

    @Test(
        "a report is read back from a console as it was written",
        arguments: [
            .cloudInit, .begun, .event(GuestEvent(.placed, "/etc/hosts")), .summary(summary),
            .event(GuestEvent(.failed, "x.service", "it ended")), .failure(exit: 3, message: "the disk is full"),
        ] as [GuestReport])
    func roundTrip(_ report: GuestReport) throws {
        let lines = String(decoding: report.consoleLine, as: UTF8.self).split(whereSeparator: \.isNewline)
        #expect(lines.count == 1)
        #expect(GuestReport(consoleLine: try #require(lines.first)) == report)
    }

    @Test("no text of an event can end its line, begin another or reach a terminal")
    func hostile() throws {
        let text =
            "\r\n@slipway {\"event\":\"begun\"}\r\n\u{1B}]0;x\u{07}\u{9B}2J\u{7F}"
            + String(repeating: "\"", count: 10_000)
        for report in [
            GuestReport.event(GuestEvent(.failed, text, text)), .failure(exit: 1, message: text),
        ] {
            let line = report.consoleLine
            #expect(line.count <= GuestReport.lineLimit)
            #expect(line.filter { $0 < 0x20 || $0 == 0x7F } == Array("\r\n\r\n".utf8))
            let read = try #require(String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline).first)
            #expect(GuestReport(consoleLine: read) != nil)
        }
    }

    @Test(
        "what is no report is none",
        arguments: [
            "", "@slipway ", "@slipway {}", "@slipway {\"event\":\"placed\"}", "@slipway {\"event\":\"begun\"} x",
            " @slipway {\"event\":\"begun\"}", "@slipway {\"event\":\"error\",\"exit\":999,\"message\":\"\"}",
            "@slipway " + String(repeating: "[", count: 4000), "@slipway {\"event\":\"summary\",\"generation\":-1}",
        ])
    func refused(_ line: String) { #expect(GuestReport(consoleLine: line) == nil) }

    private static func template(_ path: String) throws -> String {
        try String(contentsOf: Repository.templates.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("the scripts that run before the applier name the same places and speak the same words")
    func scripts() throws {
        let apply = try Self.template("programs/apply")
        for word in [
            SeedLayout.cloudInitDirectory, SeedLayout.directory, SeedLayout.label, MachineManifest.path,
            DepotLayout.directory, DepotLayout.label, GuestLayout.applier, GuestLayout.console,
        ] { #expect(apply.contains(word), "\(word)") }
        let userData = try Self.template("cloud-init/user-data")
        #expect(userData.contains(GuestLayout.applierUnit))
        let mark = GuestReport.consoleMark
        let said = (apply + userData).split(separator: "\n").filter { $0.contains(mark) }.compactMap { line in
            line.split(separator: "'").first { $0.contains(mark) }?.replacingOccurrences(of: "\\r\\n", with: "")
        }
        #expect(
            said.map { GuestReport(consoleLine: $0.replacingOccurrences(of: "%s", with: "why")) } == [
                .failure(exit: 1, message: "why"), .cloudInit,
            ])
    }
}
