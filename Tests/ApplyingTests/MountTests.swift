import Foundation
import TestSupport
import Testing

@testable import Applying

/// A disk that is really full and one that is really read-only, in a mount namespace that ends with the test.
@Suite(.enabled(if: MountNamespace.isPossible, "mounting needs root, unshare(1) and a built slipway-apply"))
struct MountTests {
    /// Runs a shell script with the seed A, the depot and an empty file system of the given size; `apply` is a function.
    private func run(_ machine: SampleMachine, size: String, _ script: String) throws -> [String] {
        try machine.writeDepot()
        let seed = try machine.writeSeed("A", units: [])
        let program = try #require(Program.path)
        let text = """
            mount -t tmpfs -o size=\(size) tmpfs "\(machine.root)" && cd "\(machine.root)" || exit 1
            apply() {
                "\(program)" apply --seed "\(seed)" --depot "\(machine.depot)" --root "\(machine.root)" 2>&1 | tail -n 1
            }
            \(script)
            """
        let outcome = try Tool.run("unshare", ["--mount", "sh", "-c", text])
        try #require(outcome.status == 0, "\(outcome.transcript)")
        let output = outcome.output
        return output.split(separator: "\n").map(String.init)
    }

    @Test func fullDisk() throws {
        let machine = try SampleMachine()
        let lines = try run(machine, size: "128k", "apply; ls -A; mount -o remount,size=4m .; apply; ls -A")
        #expect(lines.first?.hasPrefix("slipway-apply: the disk is full: ") == true, "\(lines)")
        #expect(lines.dropFirst().prefix(1) == ["var"], "\(lines)")
        #expect(lines.dropFirst(2).first?.hasPrefix("generation 1: ") == true, "\(lines)")
        #expect(lines.suffix(4) == ["etc", "opt", "usr", "var"])
    }

    @Test func readOnlyDisk() throws {
        let machine = try SampleMachine()
        let lines = try run(machine, size: "4m", "mount -o remount,ro .; apply; ls -A; mount -o remount,rw .; apply")
        let words =
            "slipway-apply: \(machine.root)/var is on a file system mounted read-only. Mount it writable and run again."
        #expect(lines.first == words)
        #expect(lines.last?.hasPrefix("generation 1: ") == true && lines.count == 2, "\(lines)")
    }

    @Test func readOnlyDiskWithAGenerationAndNothingToDo() throws {
        let machine = try SampleMachine()
        let lines = try run(machine, size: "4m", "apply; mount -o remount,ro .; apply; ls -A")
        #expect(lines.dropFirst().first?.contains("is on a file system mounted read-only") == true, "\(lines)")
    }
}
