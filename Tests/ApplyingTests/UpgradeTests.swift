import BundleFormat
import TestSupport
import Testing

@testable import Applying

/// From bundle A to bundle B and back, with a check at each step.
struct UpgradeTests {
    private func upgraded() throws -> (machine: SampleMachine, seed: String, before: TreeSnapshot) {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let before = try TreeSnapshot(machine.root, excluding: ["slipway"])
        return (machine, try machine.writeSeed("B", files: SampleMachine.upgraded), before)
    }

    @Test func exactlyTheDifferenceChangesAndComesBack() throws {
        let (machine, seed, before) = try upgraded()
        let services = RecordingServices()
        let upgrade = try machine.run("apply", seed: seed, services: services)
        #expect(
            upgrade.events.filter { !$0.hasPrefix("re") || $0.hasPrefix("removed") }
                == [
                    "made /opt/new", "placed /opt/new/notes", "placed /etc/sysctl.d/90-kubernetes.conf",
                    "removed /opt/old/notes",
                    "removed /opt/old",
                ].sortedLike(upgrade.events))
        #expect(services.takeCommands() == ["systemctl --no-block restart systemd-sysctl.service"])
        #expect(try machine.run("check").isInOrder == true)
        #expect(
            try machine.run("check", options: ["--seed", machine.scratch.file("A")]).events == [
                "drift: seed (it is not the one that was applied)"
            ])

        let rollback = try machine.run("rollback", services: services)
        #expect(rollback.outcome?.generation == 1)
        #expect(
            Set(rollback.events) == [
                "removed /opt/new", "removed /opt/new/notes", "restored /etc/sysctl.d/90-kubernetes.conf",
                "restored /opt/old/notes",
                "restored /opt/old", "restarted systemd-sysctl.service",
            ])
        #expect(services.takeCommands() == ["systemctl --no-block restart systemd-sysctl.service"])
        #expect(try machine.run("check").isInOrder == true)
        let after = try TreeSnapshot(machine.root, excluding: ["slipway"])
        #expect(after.differences(from: before).filter { !$0.hasPrefix("var/lib/slipway") } == [])
    }

    @Test func rollbackTakesRepairsOfTheSameBundleWithIt() throws {
        let (machine, seed, _) = try upgraded()
        #expect(try machine.run("apply", seed: seed).error == nil)
        try machine.scratch.write("root/etc/sysctl.d/90-kubernetes.conf", "mine\n")
        try machine.scratch.write("root/etc/etcd/etcd.conf.yml", "mine\n")
        #expect(try machine.run("apply", seed: seed).outcome?.generation == 3)
        let rollback = try machine.run("rollback")
        #expect(rollback.outcome?.generation == 1)
        #expect(try machine.scratch.read("root/etc/sysctl.d/90-kubernetes.conf") == "vm.swappiness=0\n")
        #expect(try machine.run("check").isInOrder == true)
        #expect(try machine.scratch.read("root/etc/etcd/etcd.conf.yml.slipway-saved-3") == "mine\n")
    }

    @Test func rollbackSavesWhatWasChangedSince() throws {
        let (machine, seed, _) = try upgraded()
        #expect(try machine.run("apply", seed: seed).error == nil)
        try machine.scratch.write("root/etc/sysctl.d/90-kubernetes.conf", "mine\n")
        #expect(try machine.run("rollback").error == nil)
        #expect(try machine.scratch.read("root/etc/sysctl.d/90-kubernetes.conf") == "vm.swappiness=0\n")
        #expect(try machine.scratch.read("root/etc/sysctl.d/90-kubernetes.conf.slipway-saved-2") == "mine\n")
    }

    @Test func nothingToRollBack() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(
            try machine.run("rollback").error?.description
                == "there is nothing to roll back to: no generation is in force.")
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let rollback = try machine.run("rollback")
        #expect(
            rollback.error?.description
                == "there is nothing to roll back to: generation 1 is of the first bundle this machine had.")
        #expect(rollback.exitCode == .refused)
    }

    @Test func numbersAreNotUsedTwice() throws {
        let (machine, seed, _) = try upgraded()
        #expect(try machine.run("apply", seed: seed).outcome?.generation == 2)
        #expect(try machine.run("rollback").outcome?.generation == 1)
        #expect(try machine.run("apply", seed: seed).outcome?.generation == 3)
    }
}

extension [String] {
    /// These texts in the order in which `other` has them.
    fileprivate func sortedLike(_ other: [String]) -> [String] {
        sorted { (other.firstIndex(of: $0) ?? .max) < (other.firstIndex(of: $1) ?? .max) }
    }
}
