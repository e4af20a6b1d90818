import TestSupport
import Testing

@testable import Applying

/// Each change of the disk fails once. The run says so in one error, takes back what it did or leaves it recorded, and the
/// next run brings what an undisturbed run brings.
struct FaultTests {
    @Test(arguments: [
        (Kernel.noSpace, "the disk is full: "), (Kernel.readOnly, "is on a file system mounted read-only."),
        (Kernel.inputOutput, "failed: "),
    ])
    func everyChangeFails(code: Int32, words: String) throws {
        let machine = try SampleMachine(inMemory: true)
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        try machine.scratch.write("root/etc/sysctl.d/90-kubernetes.conf", "vm.swappiness=60\n")
        let seed = try machine.writeSeed("B", files: SampleMachine.upgraded)
        let scratch = machine.scratch
        try scratch.copy("root", to: "undisturbed")
        #expect(try machine.run("apply", seed: seed, root: scratch.file("undisturbed")).error == nil)
        let expected = try TreeSnapshot(scratch.file("undisturbed"))
        let before = try TreeSnapshot(machine.root, excluding: ["slipway"])
        for count in 1... {
            try scratch.copy("root", to: "failed")
            let root = scratch.file("failed")
            let services = RecordingServices()
            let failed = try machine.run(
                "apply", seed: seed, root: root, services: services, faults: FaultInjection(failAt: (count, code)))
            guard let error = failed.error else {
                #expect(count > 30)
                break
            }
            #expect(error.description.contains(words), "change \(count): \(error)")
            #expect(error.exitCode == .environment)
            let files = try TreeSnapshot(root, excluding: ["slipway"])
            // Nothing was done, all of it was, or the journal is there to take it back.
            let touched = files.differences(from: before).filter { !$0.hasPrefix("var/lib/slipway") }
            let isDone = try currentGeneration(root) == 2
            let isJournaled = scratch.exists("failed/var/lib/slipway/journal.json")
            #expect(touched == [] || isDone || isJournaled, "change \(count)")
            let again = try machine.run("apply", seed: seed, root: root, services: services)
            #expect(again.error == nil, "after change \(count)")
            #expect(try TreeSnapshot(root).differences(from: expected) == [], "after change \(count)")
            // Whenever it failed, the restart that the change owes was asked for.
            let commands = services.takeCommands()
            #expect(
                commands.contains("systemctl --no-block restart systemd-sysctl.service"), "change \(count): \(commands)"
            )
        }
    }

    private func currentGeneration(_ root: String) throws -> Int? {
        try StateStore(DiskOperations(RootDirectory(root)), path: "/var/lib/slipway").current().number
    }
}
