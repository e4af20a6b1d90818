import Foundation
import TestSupport
import Testing

/// `up` that fails in the middle: what was done is on record, and the next `up` does what is left and nothing else.
@Suite(.needs(.tar)) struct UpFailureTests {
    private let directory: Scratch
    private let elsewhere: Scratch
    private let bundle: String
    private let image: String

    init() throws {
        directory = try Scratch()
        bundle = try #require(BuiltBundle.all["ha"]).get().file.path
        // On another file system, so that it is copied and not linked.
        elsewhere = try Scratch(inMemory: true)
        image = try elsewhere.write("image.raw", [UInt8](repeating: 0, count: 4 << 20))
        // A QEMU that passes every trial and runs no machine.
        let good = "case $1 in --version) echo 'QEMU emulator version 10.0.2' ;; esac"
        for name in ["qemu-system-aarch64", "qemu-system-x86_64", "qemu-img"] {
            try directory.program("bin/\(name)", good)
        }
        // Where an installation has it: beside its programs.
        try directory.write("share/qemu/edk2-aarch64-code.fd", "")
    }

    /// - Parameter blocks: no file may grow beyond so many blocks of 512 or 1024 bytes, as on a disk that is full.
    private func up(_ options: String..., blocks: Int? = nil) throws -> Child.Outcome {
        let limit = blocks.map { "trap '' XFSZ; ulimit -f \($0); " } ?? ""
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try Child.run(
            [
                "/bin/sh", "-c", limit + #"exec "$@""#, "sh", Repository.slipway.path, "up", bundle, "jump",
                "--provider", "qemu", "--image", image,
            ] + options,
            environment: [
                "PATH": "\(directory.file("bin")):\(path)", "SLIPWAY_STATE": directory.file("state"),
                "XDG_CACHE_HOME": directory.file("cache"),
            ])
    }

    private func plan() throws -> [String] {
        let outcome = try up("--dry-run")
        try #require(outcome.status == 0, "\(outcome.transcript)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private struct Record: Decodable {
        struct Machine: Decodable { let name: String, seed: String? }
        let complete: Bool
        let machines: [Machine]
    }

    private func record() throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(try directory.bytes("state/ha/instance.json")))
    }

    #if os(Linux)
        private static let limits = [(64, "seed", 0), (1000, "image", 11)]
    #else
        private static let limits = [(64, "seed", 0)]
    #endif

    /// Where it fails: at the first seed, and at the image when all seeds are in place.
    @Test(arguments: limits) func aDiskThatTakesNoMore(
        _ blocks: Int, _ word: String, _ seeds: Int
    ) throws {
        let all = try plan()
        let failed = try up(blocks: blocks)
        #expect(failed.status == 3, "\(failed.transcript)")
        #expect(failed.errors.contains(directory.file("state/ha")), "\(failed.transcript)")
        #expect(failed.errors.lowercased().contains("file too large"), "\(failed.transcript)")
        let left = try plan()
        #expect(left.first?.contains(word) == true, "\(left)")
        #expect(left.count < all.count && left == Array(all.suffix(left.count)), "\(all)\n\(left)")
        let record = try record()
        #expect(!record.complete)
        #expect(record.machines.filter { $0.seed != nil }.count == seeds)
        let refused = try Slipway.run(["start", "ha"], environment: ["SLIPWAY_STATE": directory.file("state")])
        #expect(refused.status != 0 && refused.errors.contains("did not finish"), "\(refused.transcript)")

        // All but the last step, which this QEMU cannot do.
        let second = try up()
        #expect(second.status == 3, "\(second.transcript)")
        #expect(try self.record().complete)
        #expect(try plan() == Array(all.suffix(1)))
        // What is half done is half done in no file that anyone reads.
        let leftovers = directory.files(below: "state").filter { $0.hasSuffix(".new") || $0.contains("/.slipway-") }
        #expect(leftovers.isEmpty, "\(leftovers)")
    }
}
