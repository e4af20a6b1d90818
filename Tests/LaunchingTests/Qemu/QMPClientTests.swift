import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching
@testable import Qemu

@Suite("qmp")
struct QMPClientTests {
    let directory: TemporaryDirectory
    /// Short: the name of the system's own directory for temporary files may be long.
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = "/tmp/slipway-qmp-\(UUID().uuidString.prefix(8))"
    }

    /// A conversation, and what QEMU heard.
    private func talk<T>(
        _ steps: [ScriptedQEMU.Step], limit: Duration = .seconds(10),
        _ body: (inout QMPClient) throws(QMPError) -> T
    ) throws -> (T, [String]) {
        let server = try ScriptedQEMU(steps, at: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let value = try { () throws(QMPError) in
            var client = try QMPClient.connect(to: path, limit: limit)
            return try body(&client)
        }()
        return (value, server.received())
    }

    private func refusal(_ steps: [ScriptedQEMU.Step], limit: Duration = .seconds(10)) throws -> QMPError? {
        do {
            _ = try talk(steps, limit: limit) { (client) throws(QMPError) in try client.state() }
        } catch let error as QMPError { return error }
        return nil
    }

    private static let running = ScriptedQEMU.Step.send(
        #"{"return": {"status": "running", "running": true}, "id": 2}"# + "\r\n")

    @Test("the greeting, the negotiation, a question")
    func state() throws {
        let (state, heard) = try talk(ScriptedQEMU.welcome + [.receive, Self.running]) {
            (client) throws(QMPError) in try client.state()
        }
        #expect(state == .running)
        #expect(heard == [#"{"execute":"qmp_capabilities","id":1}"#, #"{"execute":"query-status","id":2}"#])
    }

    @Test("events come at any time, and lines in pieces")
    func eventsAndPieces() throws {
        let event =
            #"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "NIC_RX_FILTER_CHANGED", "data": {}}"# + "\r\n"
        let text = ScriptedQEMU.greeting + event
        let steps: [ScriptedQEMU.Step] =
            Array(text.utf8).map { .bytes([$0]) } + [
                .receive, .send(event + #"{"return": {}, "id": 1}"# + "\r\n" + event), .receive,
                .send(#"{"return": {"status": "pau"#), .send(#"sed"}, "id": 2}"# + "\n"),
            ]
        #expect(try talk(steps) { (client) throws(QMPError) in try client.state() }.0 == .paused)
    }

    @Test("a command's arguments, and an answer to an earlier one that came late")
    func arguments() throws {
        let steps =
            ScriptedQEMU.welcome + [
                .receive, .send(#"{"return": {}, "id": 1}"# + "\n" + #"{"return": {}, "id": 2}"# + "\n"),
            ]
        let (_, heard) = try talk(steps) { (client) throws(QMPError) in try client.execute(.snapshot("before")) }
        #expect(
            heard.last
                == #"{"arguments":{"device":"disk","name":"before"},"execute":"blockdev-snapshot-internal-sync","id":2}"#
        )
    }

    @Test("QEMU says no")
    func refused() throws {
        let no = #"{"id": 2, "error": {"class": "GenericError", "desc": "Device 'disk' not found"}}"# + "\r\n"
        let error = QMPError.refused(command: "query-status", kind: "GenericError", reason: "Device 'disk' not found")
        #expect(try refusal(ScriptedQEMU.welcome + [.receive, .send(no)]) == error)
        #expect(error.description == "QEMU refuses query-status: Device 'disk' not found")
        // Without an id, when it could not read the command.
        let unread = #"{"error": {"class": "GenericError", "desc": "JSON parse error"}}"# + "\r\n"
        let answer = try refusal(ScriptedQEMU.welcome + [.receive, .send(unread)])
        #expect(answer == .refused(command: "query-status", kind: "GenericError", reason: "JSON parse error"))
    }

    @Test("after a refusal the conversation goes on")
    func afterRefusal() throws {
        let no = #"{"id": 2, "error": {"class": "GenericError", "desc": "no"}}"# + "\r\n"
        let yes = #"{"return": {"status": "running"}, "id": 3}"# + "\n"
        let steps = ScriptedQEMU.welcome + [.receive, .send(no), .receive, .send(yes)]
        let (state, _) = try talk(steps) { (client) throws(QMPError) in
            do throws(QMPError) { try client.execute(.powerDown) } catch .refused {}
            return try client.state()
        }
        #expect(state == .running)
    }

    @Test("quit, whether QEMU answers or just goes", arguments: [true, false])
    func quit(answers: Bool) throws {
        let end: [ScriptedQEMU.Step] = answers ? [.send(#"{"return": {}, "id": 2}"# + "\r\n"), .close] : [.close]
        let (_, heard) = try talk(ScriptedQEMU.welcome + [.receive] + end) { (client) throws(QMPError) in
            try client.quit()
        }
        #expect(heard.last == #"{"execute":"quit","id":2}"#)
    }

    @Test("silence has an end, wherever it begins")
    func silence() throws {
        let limit = Duration.milliseconds(100)
        #expect(try refusal([], limit: limit) == .silent(path: path, waitingFor: "greeting"))
        #expect(
            try refusal([.send(ScriptedQEMU.greeting)], limit: limit)
                == .silent(path: path, waitingFor: "answer to qmp_capabilities"))
        #expect(
            try refusal(ScriptedQEMU.welcome, limit: limit) == .silent(path: path, waitingFor: "answer to query-status")
        )
        #expect(
            QMPError.silent(path: "qmp", waitingFor: "greeting").description
                == "QEMU sent no greeting to qmp in time: it hangs, or another program is connected there")
    }

    @Test("nobody else is served meanwhile")
    func secondClient() throws {
        let server = try ScriptedQEMU(ScriptedQEMU.welcome, at: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let path = path
        do {
            let client = try QMPClient.connect(to: path, limit: .seconds(10))
            #expect(throws: QMPError.silent(path: path, waitingFor: "greeting")) {
                _ = try QMPClient.connect(to: path, limit: .milliseconds(100))
            }
            _ = consume client
        }
        #expect(server.received().count == 1)
    }

    @Test("QEMU goes away")
    func closed() throws {
        #expect(try refusal([.close]) == .closed(path: path, waitingFor: "greeting"))
        #expect(
            try refusal(ScriptedQEMU.welcome + [.receive, .send(#"{"return": "#), .close])
                == .closed(path: path, waitingFor: "answer to query-status"))
        #expect(
            QMPError.closed(path: "qmp", waitingFor: "greeting").description
                == "QEMU closed qmp before it sent the greeting")
    }

    @Test(
        "what is not the protocol",
        arguments: [
            ("SSH-2.0-OpenSSH_9.6\r\n", "line 1, column 1: a value is expected here"),
            (#"{"return": {}}"# + "\n", "the first message is not a greeting"),
            ("[1]\n", "document: expected an object, found an array"),
            (#"{"QMP": {}, "QMP": {}}"# + "\n", nil), ("{}\n", nil), (#"{"event": 7}"# + "\n", nil),
            ("\u{0}\u{1}\n", nil), (#"{"error": {"class": "x"}}"# + "\n", nil),
            (#"{"return": 1, "id": "x"}"# + "\n", nil),
        ] as [(String, String?)])
    func garbage(text: String, reason: String?) throws {
        let error = try refusal([.send(text)])
        guard case .malformed(let place, let found)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(place == path)
        if let reason { #expect(found == reason) }
        #expect(error?.description.contains("is not QEMU's protocol") == true)
    }

    @Test("answers that fit nothing")
    func strangeAnswers() throws {
        for answer in [
            #"{"return": {}, "id": 9}"#, #"{"return": {}}"#, #"{"QMP": {}}"#, #"{"return": {"status": 1}, "id": 2}"#,
            #"{"return": [], "id": 2}"#,
        ] {
            let error = try refusal(ScriptedQEMU.welcome + [.receive, .send(answer + "\n")])
            guard case .malformed? = error else {
                Issue.record("\(answer): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a line without end")
    func overlong() throws {
        let long = String(repeating: "x", count: QMPClient.lineLimit + 10)
        let error = QMPError.tooLong(path: path, limit: QMPClient.lineLimit)
        #expect(try refusal([.send(long)]) == error)
        #expect(try refusal([.send(long + "\n")]) == error)
        #expect(error.description == "\(path) sent a line of more than 262144 bytes; QEMU sends shorter ones")
    }

    @Test("nobody listens: no socket, a file, what a killed QEMU left")
    func notListening() throws {
        #expect(throws: QMPError.notListening(path: directory.path + "/none")) {
            _ = try QMPClient.connect(to: directory.path + "/none")
        }
        try directory.write("", to: "file")
        #expect(throws: QMPError.notListening(path: directory.path + "/file")) {
            _ = try QMPClient.connect(to: directory.path + "/file")
        }
        let server = try ScriptedQEMU([.close], at: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try? QMPClient.connect(to: path, limit: .seconds(10))
        _ = server.received()
        server.die()
        #expect(throws: QMPError.notListening(path: path)) { _ = try QMPClient.connect(to: path) }
        #expect(QMPError.notListening(path: "qmp").description == "no QEMU listens at qmp")
    }

    @Test("a socket whose name is too long for sockets")
    func longPath() throws {
        let before = try Self.links()
        let deep = directory.path + "/" + Array(repeating: "directory", count: 20).joined(separator: "/")
        try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
        let server = try ScriptedQEMU(ScriptedQEMU.welcome + [.receive, Self.running], at: path)
        // A socket can be moved to where it could not have been made.
        try FileManager.default.moveItem(atPath: path, toPath: deep + "/qmp")
        #expect((deep + "/qmp").utf8.count > UnixSocket.pathLimit)
        do {
            var client = try QMPClient.connect(to: deep + "/qmp", limit: .seconds(10))
            #expect(try client.state() == .running)
            _ = consume client
        }
        #expect(server.received().count == 2)
        #expect(throws: QMPError.notListening(path: deep + "/none")) { _ = try QMPClient.connect(to: deep + "/none") }
        #expect(try Self.links().subtracting(before).isEmpty, "the short links are gone")
    }

    /// Directories of links; what other tests have in /tmp has longer names.
    private static func links() throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter {
                $0.hasPrefix("slipway-") && $0.utf8.count == 14
            })
    }

    @Test("states by QEMU's names")
    func states() {
        let table: [(String, VMState, Bool)] = [
            ("running", .running, true), ("paused", .paused, true), ("prelaunch", .prelaunch, true),
            ("shutdown", .shutdown, false), ("suspended", .suspended, true), ("internal-error", .internalError, false),
            ("io-error", .ioError, true), ("guest-panicked", .guestPanicked, false), ("save-vm", .savingState, true),
            ("restore-vm", .restoringState, true), ("colo", .unknown("colo"), true),
        ]
        for (name, state, canPowerDown) in table {
            #expect(VMState(name: name) == state && state.canPowerDown == canPowerDown, "\(name)")
        }
    }
}

@Suite("lines of qmp")
struct LineBufferTests {
    @Test("lines in any pieces")
    func pieces() {
        let text = Array("one\r\n\ntwo\nthree\r\nrest".utf8)
        for size in 1...text.count {
            var buffer = LineBuffer(limit: 100)
            var lines: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                buffer.append(text[start..<min(start + size, text.count)])
                while let line = buffer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(lines == ["one", "", "two", "three"], "pieces of \(size)")
        }
    }

    @Test("the limit, with and without an end of the line")
    func limit() {
        var buffer = LineBuffer(limit: 4)
        buffer.append(Array("1234\n".utf8))
        #expect(buffer.next() == Array("1234".utf8) && !buffer.isOverlong)
        buffer.append(Array("12345\n".utf8))
        #expect(buffer.next() == nil && buffer.isOverlong)
        buffer = LineBuffer(limit: 4)
        buffer.append(Array("1234".utf8))
        #expect(buffer.next() == nil && !buffer.isOverlong)
        buffer.append(Array("5".utf8))
        #expect(buffer.next() == nil && buffer.isOverlong)
    }

    @Test("whatever comes is a message or a refusal, and no byte is lost", arguments: 0..<8)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let seeds = [
            #"{"QMP": {"version": {"qemu": {"micro": 2}}, "capabilities": []}}"#,
            #"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}"#,
            #"{"return": {"status": "running"}, "id": 1}"#,
            #"{"id": 2, "error": {"class": "GenericError", "desc": "no"}}"#,
        ].map { Array($0.utf8) }
        var messages = 0
        for _ in 0..<1500 {
            var bytes: [UInt8] = []
            for _ in 0..<3 {
                var line = seeds.randomElement(using: &generator) ?? []
                if Bool.random(using: &generator) {
                    let place = Int.random(in: 0..<line.count, using: &generator)
                    line[place] = UInt8.random(in: 0...255, using: &generator)
                }
                bytes += line + [0x0A]
            }
            var buffer = LineBuffer(limit: 1000)
            var lines: [UInt8] = []
            while !bytes.isEmpty {
                let count = Int.random(in: 1...bytes.count, using: &generator)
                buffer.append(bytes.prefix(count))
                bytes.removeFirst(count)
                while let line = buffer.next() {
                    lines += line
                    if (try? QMPMessage(parsing: line)) != nil { messages += 1 }
                }
            }
            #expect(!buffer.isOverlong && buffer.next() == nil)
            #expect(lines.count > 100)
        }
        #expect(messages > 1500, "most are not damaged")
    }
}
