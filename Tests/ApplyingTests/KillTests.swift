import BundleFormat
import Foundation
import TestSupport
import Testing

@testable import Applying

/// The program is killed after each single change of the disk; the next run must bring what an undisturbed run brings.
@Suite(.enabled(if: Program.path != nil, "slipway-apply was not built beside the tests"))
struct KillTests {
    /// Kills the command after its first, second, third … change, and after each runs it again to the end.
    ///
    /// - Parameter start: the root that each attempt begins with
    /// - Returns: how many changes an undisturbed run makes.
    private func killEverywhere(_ machine: SampleMachine, _ arguments: [String]) throws -> Int {
        let scratch = machine.scratch
        try scratch.copy("root", to: "undisturbed")
        let undisturbed = try Program.run(arguments + ["--root", scratch.file("undisturbed")])
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        let expected = try TreeSnapshot(scratch.file("undisturbed"))
        for count in 1... {
            try scratch.copy("root", to: "killed")
            let root = ["--root", scratch.file("killed")]
            let killed = try Program.run(arguments + root, faults: "kill:\(count)")
            if killed.status == 0 { return count - 1 }
            try #require(killed.status == -9, "\(killed.status) \(killed.errors)")
            // A rollback that was complete when it was killed is not to be done twice.
            let isThere = try TreeSnapshot(scratch.file("killed")) == expected
            let isDone = isThere && arguments == ["rollback"]
            let again = try Program.run((isDone ? ["check"] : arguments) + root)
            try #require(again.status == 0, "after change \(count): \(again.errors)")
            let found = try TreeSnapshot(scratch.file("killed"))
            #expect(found.differences(from: expected) == [], "killed after change \(count)")
            let check = try Program.run(["check"] + root)
            #expect(check.status == 0, "killed after change \(count): \(check.output)")
        }
        return 0
    }

    @Test func firstApply() throws {
        let machine = try SampleMachine(inMemory: true)
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        let count = try killEverywhere(machine, ["apply", "--seed", seed, "--depot", machine.depot])
        #expect(count > 60)
    }

    @Test func upgradeOverAChangedFile() throws {
        let machine = try SampleMachine(inMemory: true)
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        try machine.scratch.write("root/etc/sysctl.d/90-kubernetes.conf", "vm.swappiness=60\n")
        let seed = try machine.writeSeed("B", files: SampleMachine.upgraded)
        let count = try killEverywhere(machine, ["apply", "--seed", seed, "--depot", machine.depot])
        #expect(count > 30)
    }

    @Test func rollback() throws {
        let machine = try SampleMachine(inMemory: true)
        try machine.writeDepot()
        // Three generations, so that one rollback too many would show.
        #expect(
            try machine.run("apply", seed: machine.writeSeed("0", files: ["/etc/first": .init(text: "0")], units: []))
                .error == nil)
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        #expect(try machine.run("apply", seed: machine.writeSeed("B", files: SampleMachine.upgraded)).error == nil)
        let count = try killEverywhere(machine, ["rollback"])
        #expect(count > 15)
    }

    /// Killed while it puts right what an earlier kill left.
    @Test func recovery() throws {
        let machine = try SampleMachine(inMemory: true)
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let seed = try machine.writeSeed("B", files: SampleMachine.upgraded)
        let arguments = ["apply", "--seed", seed, "--depot", machine.depot]
        let killed = try Program.run(arguments + ["--root", machine.root], faults: "kill:28")
        try #require(killed.status == -9)
        #expect(machine.scratch.exists("root/var/lib/slipway/journal.json"))
        let check = try machine.run("check")
        #expect(check.events.first == "drift: run (a run was interrupted; apply puts it right)")
        // What the host reads of it, by its own decoder from the real program.
        let told = try Program.run(["status", "--json", "--root", machine.root])
        let state = try AppliedState(parsing: Array(told.output.utf8))
        #expect(state.run == .interrupted && state.isUnfinished && state.generation == 1)
        let count = try killEverywhere(machine, arguments)
        #expect(count > 40)
        // Each kill was in a copy; here the next run puts it right.
        #expect(try Program.run(arguments + ["--root", machine.root]).status == 0)
        let after = try AppliedState(
            parsing: Array(try Program.run(["status", "--json", "--root", machine.root]).output.utf8))
        #expect(after.run == .ended)
    }
}
