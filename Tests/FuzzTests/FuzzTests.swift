import Foundation
import TestSupport
import Testing

/// Whatever bytes come, every reader answers, in time and in little memory. `make fuzz` goes on for as long as one likes.
@Suite struct FuzzTests {
    /// In a process of its own: what must not happen may end it.
    private func fuzz(_ arguments: [String]) throws {
        let program = Repository.slipway.deletingLastPathComponent().appendingPathComponent("slipway-fuzz").path
        let directory = Repository.root.appendingPathComponent("out/fuzz").path
        let outcome = try Child.run(
            [program] + arguments + ["--directory", directory], environment: ["SWIFT_BACKTRACE": "enable=no"],
            limit: .seconds(300))
        #expect(outcome.status == 0, "\(outcome.transcript)\nWhat was read last lies in \(directory).")
        print(outcome.output, terminator: "")
    }

    @Test(arguments: [
        ("yaml", 500), ("lock", 3000), ("packages", 5000), ("tar", 10_000), ("iso", 2000), ("json", 20_000),
        ("archive", 10_000), ("bundle", 2000), ("part", 300), ("age", 20_000),
    ])
    func anyBytesAreReadOrRefused(subject: String, count: Int) throws { try fuzz([subject, "--count", "\(count)"]) }

    /// Not one byte of a bundle is without meaning.
    @Test func everyFlippedByteIsRefused() throws { try fuzz(["every-byte"]) }
}
