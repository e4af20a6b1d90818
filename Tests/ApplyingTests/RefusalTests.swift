import BundleFormat
import Foundation
import TestSupport
import Testing
import Values

@testable import Applying

/// What is refused, with which words, and that nothing was changed by it.
struct RefusalTests {
    /// Applies a good bundle, spoils something, and expects the next apply to be refused with the tree as it was.
    private func refuse(
        _ exit: ApplyError.ExitCode, _ words: String, options: [String] = [],
        spoil: (SampleMachine) throws -> String
    ) throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let seed = try spoil(machine)
        let before = try TreeSnapshot(machine.root)
        let run = try machine.run("apply", seed: seed, options: options)
        let message = run.error?.description ?? "no error"
        #expect(message.contains(words), "\(message)")
        #expect(run.exitCode == exit)
        #expect(try TreeSnapshot(machine.root).differences(from: before) == [])
    }

    @Test func flippedByteInTheSeed() throws {
        try refuse(.refused, "B/slipway/files/etc/etcd/etcd.conf.yml has digest sha256:") { machine in
            let seed = try machine.writeSeed("B", files: SampleMachine.upgraded)
            try machine.scratch.write("B/slipway/files/etc/etcd/etcd.conf.yml", "name: etcd-2\n")
            return seed
        }
    }

    @Test func flippedByteInThePayload() throws {
        try refuse(.refused, "It was damaged or exchanged; nothing was taken from it.") { machine in
            let kubelet = SampleMachine.kubelet + [1]
            let digest = SHA256.digest(of: kubelet)
            try machine.writeDepot(blobs: ["kubelet": kubelet])
            try machine.scratch.write("depot/\(digest.blobPath)", SampleMachine.kubelet + [2])
            let payload = MachinePayload(
                name: "kubelet", digest: digest, size: 1, kind: .binary, path: "/usr/local/bin/kubelet")
            return try machine.writeSeed("B", payloads: [payload], units: [])
        }
    }

    @Test func missingFileInTheSeed() throws {
        try refuse(.refused, "is missing, which /opt/new/notes is placed from") { machine in
            let seed = try machine.writeSeed("B", files: SampleMachine.upgraded)
            try machine.scratch.remove("B/slipway/files/opt/new/notes")
            return seed
        }
    }

    @Test func seedOfAnotherCluster() throws {
        let words = "the seed is for machine etcd-1 of cluster other, and this machine is machine etcd-1 of cluster lab"
        try refuse(.refused, words) { try $0.writeSeed("B", cluster: "other") }
    }

    @Test func machineFromTheFuture() throws {
        try refuse(.refused, "machine.json version 2 is from the future; this slipway-apply reads version 1") {
            machine in
            let seed = try machine.writeSeed("B")
            let text = try machine.scratch.read("B/slipway/machine.json")
            try machine.scratch.write(
                "B/slipway/machine.json", text.replacingOccurrences(of: "\"version\":1", with: "\"version\":2"))
            return seed
        }
    }

    @Test func depotFromTheFuture() throws {
        try refuse(.refused, "depot.json version 2 is from the future") { machine in
            try machine.scratch.write("depot/depot.json", #"{"payloads":[],"version":2}"#)
            return try machine.writeSeed("B")
        }
    }

    @Test func missingSeed() throws {
        try refuse(.environment, "no seed: expected ") { $0.scratch.file("nowhere") }
    }

    @Test func missingDepot() throws {
        try refuse(.environment, "/depot.json. Attach the bundle's depot") { machine in
            try machine.scratch.remove("depot")
            return try machine.writeSeed("B")
        }
    }

    @Test func flippedByteInAMember() throws {
        // Its own depot.json agrees with it; machine.json does not.
        try refuse(.refused, "It was damaged or exchanged; nothing was taken from it.") { machine in
            let exchanged = Array("atcd".utf8)
            let member = PayloadMember(
                path: "etcd-v4/etcd", digest: SHA256.digest(of: SampleMachine.etcd + [1]), size: 5)
            try machine.scratch.write("depot/\(member.digest.blobPath)", exchanged)
            let lying = DepotPayload(
                name: "etcd", digest: SHA256.digest(of: SampleMachine.etcdArchive), size: 11,
                members: [PayloadMember(path: "etcd-v4/etcd", digest: SHA256.digest(of: exchanged), size: 4)])
            try machine.scratch.write(
                "depot/depot.json", CanonicalJSON.encode(DepotManifest(payloads: [lying]).json))
            let payload = MachinePayload(
                name: "etcd", digest: lying.digest, size: 11, kind: .archiveMember, member: "etcd-v4/etcd",
                path: "/usr/local/bin/etcd", members: [member])
            return try machine.writeSeed("B", payloads: [payload])
        }
    }

    @Test(arguments: [
        ("\"mode\":\"0755\",\"path\":\"etcd-v3/etcd\"", "\"mode\":\"6755\",\"path\":\"etcd-v3/etcd\""),
        ("\"mode\":\"0755\",\"name\":\"kubelet\"", "\"mode\":\"4755\",\"name\":\"kubelet\""),
    ])
    func aPayloadThatWouldRunAsSomebodyElse(_ text: String, _ hostile: String) throws {
        try refuse(.refused, "no file of a bundle runs as somebody else: expected 0000 to 0777") { machine in
            let seed = try machine.writeSeed("B")
            let document = try machine.scratch.read("B/slipway/machine.json")
            #expect(document.contains(text))
            try machine.scratch.write("B/slipway/machine.json", document.replacingOccurrences(of: text, with: hostile))
            return seed
        }
    }

    @Test func aMemberThatIsNotTheOnePlaced() throws {
        try refuse(.refused, "expected the one member") { machine in
            let payload = MachinePayload(
                name: "etcd", digest: SHA256.digest(of: SampleMachine.etcdArchive), size: 1, kind: .archiveMember,
                member: "etcd-v4/etcd", path: "/usr/local/bin/etcd", members: [SampleMachine.etcdMember])
            return try machine.writeSeed("B", payloads: [payload])
        }
    }

    @Test func directoryWhereAFileGoes() throws {
        try refuse(.environment, "/opt/new/notes is a directory where a file must go") { machine in
            try machine.scratch.write("root/opt/new/notes/mine", "mine")
            return try machine.writeSeed("B", files: SampleMachine.upgraded)
        }
    }

    @Test func fileWhereADirectoryMustBe() throws {
        try refuse(.environment, "/opt/new is a file where a directory must be") { machine in
            try machine.scratch.write("root/opt/new", "mine")
            return try machine.writeSeed("B", files: SampleMachine.upgraded)
        }
    }

    @Test func linkWhereAFileGoes() throws {
        try refuse(.environment, "/opt/new/notes is a symbolic link where a file must go") { machine in
            try machine.scratch.write("root/opt/new/other", "mine")
            try FileManager.default.createSymbolicLink(
                atPath: machine.root + "/opt/new/notes", withDestinationPath: "other")
            return try machine.writeSeed("B", files: SampleMachine.upgraded)
        }
    }

    @Test func damagedRecord() throws {
        try refuse(.environment, "generations/1/record.json: line 1, column 2") { machine in
            try machine.scratch.write("root/var/lib/slipway/generations/1/record.json", "{")
            return try machine.writeSeed("B")
        }
    }

    @Test func anotherRunAtWork() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        #expect(try machine.run("apply", seed: seed).error == nil)
        let store = StateStore(DiskOperations(try RootDirectory(machine.root)), path: "/var/lib/slipway")
        let lock = try store.lock()
        let run = try machine.run("apply", seed: seed)
        #expect(run.error?.description.hasPrefix("another slipway-apply is at work") == true)
        withExtendedLifetime(lock.number) {}
        _ = consume lock
    }

    @Test func forceMakesItAnotherMachine() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        let other = try machine.writeSeed("B", cluster: "other")
        #expect(try machine.run("apply", seed: other, options: ["--force"]).error == nil)
        #expect(try machine.run("apply", seed: other).error == nil)
    }
}
