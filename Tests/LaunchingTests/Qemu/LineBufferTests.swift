import BundleFormat
import TestSupport
import Testing

@testable import Launching
@testable import Qemu

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
