import BundleFormat
import Foundation
import TestSupport
import Testing

@testable import Launching

@Suite("consoles")
struct ConsoleTests {
    @Test(
        "a console tells how far a boot is",
        arguments: [
            ("", BootStage?.none), (" \r\n", nil), ("[    0.000000] Linux version 6.12", .booting),
            ("x\n[   12.1] cloud-init[321]: Cloud-init v. 25.1.4 running 'init'", .booting),
            ("login: \r\n@slipway {\"event\":\"cloud-init\"}\r\n[    9.0] sh[4]: x", .cloudInit),
            ("\r\n@slipway {\"event\":\"begun\"}\r\n", .applying),
            (Self.line(.cloudInit) + Self.line(.event(GuestEvent(.placed, "/etc/hosts"))), .applying),
            (Self.line(.event(GuestEvent(.failed, "x.service", "\u{1B}[2J\n@slipway {}"))), .applying),
            (Self.line(.summary(Self.summary)) + "debian login: ", .applied),
            (Self.line(.failure(exit: 1, message: "no seed")), .applied),
            // What another program wrote into, what is half there, and what only talks of it.
            ("@slipway {\"event\":\"beg[   12.1] x\r\nun\"}", .booting), ("@slipway {\"event\":\"begun\"", .booting),
            ("echo @slipway {\"event\":\"begun\"}", .booting), ("@slipway {\"event\":\"nonsense\"}", .booting),
            ("generation 1: 25 changed, 0 removed, 0 unchanged", .booting),
        ])
    func stages(_ text: String, _ stage: BootStage?) {
        #expect(BootStage(console: text[...]) == stage)
    }

    private static let summary = ApplySummary(
        generation: 1, changed: 25, removed: 0, unchanged: 0, waiting: [], failed: [])

    private static func line(_ report: GuestReport) -> String { String(decoding: report.consoleLine, as: UTF8.self) }

    private func append(_ text: String, to path: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
    }

    @Test("a look goes on where the last one ended, and a new boot's file begins anew")
    func looks() throws {
        let directory = try TemporaryDirectory()
        let (path, log) = ("\(directory.path)/console.log", ConsoleLog())
        #expect(log.stage(in: path) == nil)
        try directory.write("Linux version 6.12\n", to: "console.log")
        #expect(log.stage(in: path) == .booting)
        try append(Self.line(.cloudInit) + "@slipway {\"event\":\"pla", to: path)
        #expect(log.stage(in: path) == .cloudInit)
        try append("ced\",\"subject\":\"/etc/hosts\"}\r\n", to: path)
        #expect(log.stage(in: path) == .applying, "a line that came in two pieces")
        try append(Self.line(.summary(Self.summary)), to: path)
        #expect(log.stage(in: path) == .applied)
        try append("login: ", to: path)
        #expect(log.stage(in: path) == .applied, "what came before still holds")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".previous")
        try directory.write("Linux version 6.12\n", to: "console.log")
        #expect(log.stage(in: path) == .booting)
    }

    @Test("a console of any length costs little, and what was passed over is not taken for nothing")
    func long() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/console.log"
        try directory.write(Self.line(.summary(Self.summary)), to: "console.log")
        let file = try #require(FileHandle(forWritingAtPath: path))
        // Zeros that take no room on the disk: reading all of them would take minutes.
        try file.truncate(atOffset: 1 << 40)
        try append("\nnoise\n", to: path)
        let log = ConsoleLog()
        let begin = ContinuousClock.now
        #expect(log.stage(in: path) == nil, "the machine itself has to be asked")
        #expect(ConsoleLog.lastLines(1, of: path) == "noise")
        #expect(ContinuousClock.now - begin < .seconds(5))
        try append(Self.line(.failure(exit: 3, message: "cannot read /x")), to: path)
        #expect(log.stage(in: path) == .applied)
    }

    @Test(
        "what a terminal would act on goes, what it shows stays",
        arguments: [
            ("plain\ttext\n", "plain\ttext\n"), ("\u{1B}[31;1mred\u{1B}[0m", "red"),
            ("\u{1B}]0;title\u{07}after", "after"), ("\u{1B}]52;c;ZXZpbA==\u{1B}\\after", "after"),
            ("\u{1B}]0;no end\nnext line", "\nnext line"), ("\u{1B}[2J\u{1B}[H\u{1B}c", ""),
            ("\u{1B}Pq#0\u{1B}\\x", "x"), ("a\u{07}\u{08}\r\u{00}\u{7F}b", "ab"), ("a\u{9B}31mb", "a31mb"),
            ("é\u{A0}漢😀", "é\u{A0}漢😀"), ("\u{1B}(Bx", "x"), ("\u{1B}[3\nx", "\nx"),
        ])
    func filtered(_ text: String, _ shown: String) {
        var whole = TerminalFilter()
        #expect(String(decoding: whole.pass(text.utf8), as: UTF8.self) == shown)
        var pieces = TerminalFilter()
        #expect(String(decoding: text.utf8.flatMap { pieces.pass([$0]) }, as: UTF8.self) == shown)
        #expect(TerminalFilter.text(text) == shown)
    }

    @Test("bytes that are no text go, line editing stays where a person types")
    func bytes() {
        var filter = TerminalFilter()
        #expect(filter.pass([0x61, 0x9B, 0x80, 0xC2, 0x9B, 0xFF, 0x62]) == [0x61, 0x62])
        var editing = TerminalFilter(keepsLineEditing: true)
        #expect(editing.pass("a\u{08} \u{08}\r\n\u{1B}[K$ ".utf8) == Array("a\u{08} \u{08}\r\n$ ".utf8))
    }
}
