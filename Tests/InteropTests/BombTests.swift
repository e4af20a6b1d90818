import Foundation
import TestSupport
import Testing

/// Bundles that are small on the disk and would be large in memory: each is refused with one error, within bounds.
@Suite(.needs(.python)) struct BombTests {
    private struct Line: Decodable {
        let name: String
        let status: Int
        /// Bytes.
        let peak: Int
        let seconds: Double
        let errors: String
    }

    @Test func noneTakesMuchMemory() throws {
        let directory = try Scratch()
        let script = Repository.scripts.appendingPathComponent("bombs.py").path
        let outcome = try Tool.python.run([script, Repository.slipway.path, directory.path], limit: .seconds(600))
        #expect(outcome.status == 0, "\(outcome.transcript)")
        let lines = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines.count == 15)
        for line in lines {
            #expect(line.status == 1, "\(line)")
            #expect(line.peak < 300 << 20, "\(line.name): \(line.peak >> 20) MiB")
            #expect(line.errors.hasPrefix("error: ") && line.errors.split(separator: "\n").count == 1, "\(line)")
            #expect(line.errors.utf8.count < 2000, "\(line)")
            print("\(line.name): \(line.peak >> 20) MiB, \(line.seconds) s: \(line.errors)", terminator: "")
        }
    }
}
