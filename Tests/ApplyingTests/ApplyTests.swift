import BundleFormat
import TestSupport
import Testing

@testable import Applying

struct ApplyTests {
    @Test func placesEverythingAndThenNothing() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        let first = try machine.run("apply", seed: seed)
        #expect(first.error == nil)
        #expect(first.events.contains("placed /etc/hosts (what stood there is kept for rollback)"))
        #expect(first.events.contains("placed /usr/local/bin/etcd"))
        #expect(first.outcome?.removed == 0)
        #expect(try machine.scratch.read("root/usr/local/bin/etcd") == "etcd")
        #expect(try machine.scratch.read("root/etc/etcd/pki/server.key") == "secret\n")
        let before = try TreeSnapshot(machine.root)

        let second = try machine.run("apply", seed: seed)
        #expect(second.events == [])
        #expect(
            second.outcome?.text == "generation 1: 0 changed, 0 removed, \((first.outcome?.changed ?? 0)) unchanged")
        #expect(try TreeSnapshot(machine.root).differences(from: before) == [])
        #expect(try machine.run("check").isInOrder == true)
    }

    @Test func secretsAndStateAreForTheOwnerAlone() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let root = try RootDirectory(machine.root)
        #expect(try root.status("/etc/etcd/pki/server.key")?.mode == 0o600)
        #expect(try root.status("/etc/etcd/pki")?.mode == 0o750)
        #expect(try root.status("/usr/local/bin/kubelet")?.mode == 0o755)
        #expect(try root.status("/var/lib/slipway/generations")?.mode == 0o700)
    }

    @Test func fileChangedByHandIsReportedAndSavedBeside() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        #expect(try machine.run("apply", seed: seed).error == nil)
        try machine.scratch.write("root/etc/etcd/etcd.conf.yml", "name: mine\n")
        let check = try machine.run("check")
        #expect(check.events == ["drift: /etc/etcd/etcd.conf.yml (content has changed)"])
        #expect(check.exitCode == .refused)

        let again = try machine.run("apply", seed: seed)
        #expect(
            again.events == [
                "saved /etc/etcd/etcd.conf.yml (as /etc/etcd/etcd.conf.yml.slipway-saved-2: it had been changed)",
                "placed /etc/etcd/etcd.conf.yml",
            ])
        #expect(try machine.scratch.read("root/etc/etcd/etcd.conf.yml.slipway-saved-2") == "name: mine\n")
        #expect(try machine.scratch.read("root/etc/etcd/etcd.conf.yml") == "name: etcd-1\n")
        #expect(try machine.run("check").isInOrder == true)
    }

    @Test func forceReplacesWithoutSavingBeside() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        #expect(try machine.run("apply", seed: seed).error == nil)
        try machine.scratch.write("root/etc/etcd/etcd.conf.yml", "name: mine\n")
        let forced = try machine.run("apply", seed: seed, options: ["--force"])
        #expect(forced.events == ["placed /etc/etcd/etcd.conf.yml (it had been changed)"])
        #expect(!machine.scratch.exists("root/etc/etcd/etcd.conf.yml.slipway-saved-2"))
    }

    /// What a person does to the machine, what check says of it, and what apply says when it puts it right.
    @Test(arguments: [
        ("rm", "drift: /etc/etcd/pki/server.key (is missing)", "placed /etc/etcd/pki/server.key (it had been removed)"),
        (
            "chmod", "drift: /etc/etcd/pki/server.key (mode 0644, expected 0600)",
            "corrected /etc/etcd/pki/server.key (mode 0644 to 0600)"
        ),
    ])
    func otherDrift(act: String, drift: String, repair: String) throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        #expect(try machine.run("apply", seed: seed).error == nil)
        if act == "rm" { try machine.scratch.remove("root/etc/etcd/pki/server.key") }
        if act == "chmod" { try machine.scratch.write("root/etc/etcd/pki/server.key", "secret\n", mode: 0o644) }
        #expect(try machine.run("check").events == [drift])
        #expect(try machine.run("apply", seed: seed).events == [repair])
        #expect(try machine.run("check").isInOrder == true)
    }

    @Test func absentPayloadWaitsAndComesLater() throws {
        let machine = try SampleMachine()
        try machine.writeDepot(blobs: [:], hasEtcd: false)
        let seed = try machine.writeSeed("A")
        let first = try machine.run("apply", seed: seed)
        #expect(first.exitCode == .done)
        #expect(first.outcome?.waiting == ["etcd", "kubelet"])
        #expect(first.events.contains("waiting: etcd (payload absent from the depot)"))
        #expect(machine.scratch.exists("root/etc/etcd/etcd.conf.yml"))
        try machine.writeDepot()
        let second = try machine.run("apply", seed: seed)
        #expect(second.outcome?.waiting == [])
        #expect(
            second.events == [
                "made /usr", "made /usr/local", "made /usr/local/bin", "placed /usr/local/bin/etcd",
                "placed /usr/local/bin/kubelet",
            ])
        // Once in place they need no depot.
        let third = try machine.run("apply", seed: seed, depot: false)
        #expect(third.outcome?.waiting == [] && third.events == [])
    }

    @Test(arguments: [MachinePayload.Kind.archive, .archiveMember])
    func anArchiveOfUnknownContentWaits(_ kind: MachinePayload.Kind) throws {
        // The depot says what is in it, and is not believed.
        let machine = try SampleMachine()
        try machine.writeDepot()
        let payload = MachinePayload(
            name: "etcd", digest: SHA256.digest(of: SampleMachine.etcdArchive), size: 11, kind: kind,
            member: kind == .archive ? nil : "etcd-v3/etcd", path: "/usr/local/bin/etcd")
        let result = try machine.run("apply", seed: machine.writeSeed("A", payloads: [payload]))
        #expect(result.outcome?.waiting == ["etcd"])
        #expect(
            result.events.contains(
                "waiting: etcd (the lock does not say what is in the archive; run 'slipway lock' and build the bundle again)"
            ), "\(result.events)")
        #expect(!machine.scratch.exists("root/usr/local/bin/etcd"))
    }

    @Test func anArchiveWithoutTheMemberWaits() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let member = PayloadMember(path: "etcd-v4/etcd", digest: SHA256.digest(of: [4]), size: 1)
        let payload = MachinePayload(
            name: "etcd", digest: SHA256.digest(of: SampleMachine.etcdArchive), size: 1, kind: .archiveMember,
            member: "etcd-v4/etcd", path: "/usr/local/bin/etcd", members: [member])
        let result = try machine.run("apply", seed: machine.writeSeed("A", payloads: [payload]))
        #expect(result.outcome?.waiting == ["etcd"])
        #expect(result.events.contains("waiting: etcd (payload absent from the depot)"), "\(result.events)")
    }

    @Test func wholeArchiveIsPlaced() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let payload = MachinePayload(
            name: "etcd", digest: SHA256.digest(of: SampleMachine.etcdArchive), size: 11, kind: .archive,
            path: "/opt/etcd", members: [SampleMachine.etcdMember])
        let seed = try machine.writeSeed("A", payloads: [payload])
        #expect(try machine.run("apply", seed: seed).error == nil)
        #expect(try machine.scratch.read("root/opt/etcd/etcd-v3/etcd") == "etcd")
        // Without the payload the files go, and the directories that were made for them.
        #expect(try machine.run("apply", seed: machine.writeSeed("B", payloads: [], units: [])).error == nil)
        #expect(!machine.scratch.exists("root/opt/etcd"))
    }
}
