import BundleFormat
import TestSupport
import Testing
import Values

@testable import Applying

/// What is asked of systemd, dpkg, containerd and shadow.
struct ServiceTests {
    private static let inactive = "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nJob=0\n"
    private static let failed = "LoadState=loaded\nActiveState=failed\nUnitFileState=enabled\nJob=0\nResult=exit-code\n"
    private static let starting =
        "LoadState=loaded\nActiveState=activating\nSubState=start\nUnitFileState=enabled\nJob=7\n"

    @Test func firstRunReloadsEnablesAndRestartsInOrder() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let services = RecordingServices()
        let seed = try machine.writeSeed("A")
        services.units["etcd.service"] = Self.inactive
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(
            services.takeCommands() == [
                "systemctl daemon-reload", "systemctl enable --quiet etcd.service",
                "systemctl --no-block restart systemd-sysctl.service etcd.service",
            ])
        #expect(
            run.events.suffix(4) == [
                "enabled etcd.service", "restarted systemd-sysctl.service", "started etcd.service",
                "starting: etcd.service (inactive, dead)",
            ])
        #expect(run.exitCode == .done)
        services.units = [:]
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
        #expect(services.takeCommands() == [])
    }

    @Test func unitThatFailsIsReported() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let services = RecordingServices()
        services.units["etcd.service"] = Self.failed
        let run = try machine.run("apply", seed: machine.writeSeed("A"), services: services)
        #expect(run.events.last == "failed: etcd.service (exit-code; journalctl -u etcd.service tells why)")
        #expect(run.exitCode == .refused)
        #expect(run.outcome?.failed == ["etcd.service"])
        // The generation is recorded all the same.
        #expect(run.outcome?.generation == 1)
        #expect(try machine.run("check", services: services).events == ["drift: etcd.service (failed: exit-code)"])
    }

    @Test func unitThatTakesLongIsWatchedAndNotFailed() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let services = RecordingServices()
        services.units["etcd.service"] = Self.starting
        let run = try machine.run("apply", seed: machine.writeSeed("A"), options: ["--wait", "3"], services: services)
        #expect(run.events.last == "starting: etcd.service (activating, start)")
        #expect(run.exitCode == .done)
        #expect(services.pauses == 12)
    }

    @Test func unitOfAnAbsentPayloadIsLeftAlone() throws {
        let machine = try SampleMachine()
        try machine.writeDepot(hasEtcd: false)
        let services = RecordingServices()
        services.units["etcd.service"] = Self.inactive
        let run = try machine.run("apply", seed: machine.writeSeed("A"), services: services)
        #expect(
            services.takeCommands() == [
                "systemctl daemon-reload", "systemctl --no-block restart systemd-sysctl.service",
            ])
        #expect(run.outcome?.waiting == ["etcd"])
        #expect(run.exitCode == .done)
    }

    @Test func unitThatIsGoneIsStoppedFirst() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        #expect(try machine.run("apply", seed: machine.writeSeed("A")).error == nil)
        var files = SampleMachine.files
        files["/etc/systemd/system/etcd.service"] = nil
        let services = RecordingServices()
        let seed = try machine.writeSeed("B", files: files, units: [SampleMachine.units[0]])
        #expect(try machine.run("apply", seed: seed, services: services).error == nil)
        #expect(
            services.takeCommands() == [
                "systemctl disable --quiet --now etcd.service", "systemctl reset-failed etcd.service",
                "systemctl daemon-reload",
            ])
    }

    /// A run that ended between the files and the units still owes the restart.
    @Test func owedRestartIsDoneByTheNextRun() throws {
        let machine = try SampleMachine()
        try machine.writeDepot()
        let seed = try machine.writeSeed("A")
        #expect(try machine.run("apply", seed: seed).error == nil)
        let store = StateStore(DiskOperations(try RootDirectory(machine.root)), path: "/var/lib/slipway")
        try store.write("pending.json", PendingUnits(reload: true, restart: ["etcd.service"]).json)
        #expect(try machine.run("check").events == ["drift: units (restarts are owed; apply does them)"])
        let services = RecordingServices()
        #expect(try machine.run("apply", seed: seed, services: services).events == ["restarted etcd.service"])
        #expect(services.takeCommands() == ["systemctl daemon-reload", "systemctl --no-block restart etcd.service"])
        #expect(try store.pending().isEmpty)
    }

    private static func payload(_ name: String, _ kind: MachinePayload.Kind, _ bytes: [UInt8]) -> MachinePayload {
        MachinePayload(name: name, digest: SHA256.digest(of: bytes), size: Int64(bytes.count), kind: kind)
    }

    @Test func imagesAreImportedWhenContainerdAnswers() throws {
        let machine = try SampleMachine()
        let bytes = Array("image".utf8)
        try machine.writeDepot(blobs: ["image-pause": bytes])
        let payload = Self.payload("image-pause", .image, bytes)
        let unit = MachineUnit(name: "containerd.service", isEnabled: true)
        let seed = try machine.writeSeed("A", files: [:], payloads: [payload], units: [unit])
        let services = RecordingServices()
        services.answers["ctr version"] = CommandResult(status: 1, output: "")
        let waiting = try machine.run("apply", seed: seed, options: ["--wait", "2"], services: services)
        #expect(waiting.events.last == "waiting: image-pause (containerd does not answer; run again once it does)")
        #expect(waiting.exitCode == .refused)
        #expect(services.takeCommands().count { $0 == "ctr version" } == 5)

        services.answers = [:]
        let path = "\(machine.depot)/\(SHA256.digest(of: bytes).blobPath)"
        #expect(try machine.run("apply", seed: seed, services: services).events == ["imported image-pause"])
        #expect(services.takeCommands() == ["ctr version", "ctr --namespace k8s.io images import \(path)"])
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
    }

    /// An image that a registry gave is its blobs; containerd gets an OCI image layout as tar on its standard input.
    @Test func blobsOfAnImageAreImportedAsAnArchive() throws {
        let machine = try SampleMachine()
        let manifest = Array(
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json"}"#.utf8)
        let layer = [UInt8](repeating: 7, count: 200_000)
        try machine.writeDepot(blobs: ["manifest": manifest, "layer": layer])
        let members = [manifest, layer].map {
            PayloadMember(path: SHA256.digest(of: $0).blobPath, digest: SHA256.digest(of: $0), size: Int64($0.count))
        }
        let payload = MachinePayload(
            name: "image-pause", digest: members[0].digest, size: members.reduce(0) { $0 + $1.size }, kind: .image,
            members: members, image: try ImageReference(parsing: "registry.k8s.io/pause:3.10"))
        let seed = try machine.writeSeed("A", files: [:], payloads: [payload], units: [])
        let services = RecordingServices()
        #expect(try machine.run("apply", seed: seed, services: services).events.last == "imported image-pause")
        #expect(services.takeCommands() == ["ctr version", "ctr --namespace k8s.io images import -"])
        try machine.scratch.write("image.tar", try #require(services.inputs.first))
        try Tool.run("tar", ["-xf", machine.scratch.file("image.tar"), "-C", machine.scratch.file("root")])
        #expect(
            try machine.scratch.bytes("root/oci-layout") == Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        let digest = members[0].digest
        #expect(
            String(decoding: try machine.scratch.bytes("root/index.json"), as: UTF8.self) == """
                {"manifests":[{"annotations":{"io.containerd.image.name":"registry.k8s.io/pause:3.10",\
                "org.opencontainers.image.ref.name":"3.10"},"digest":"\(digest)",\
                "mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":\(manifest.count)}],\
                "mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}
                """)
        #expect(try machine.scratch.bytes("root/" + members[1].path) == layer)
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
    }

    @Test func imagesWaitWithoutContainerd() throws {
        let machine = try SampleMachine()
        let bytes = Array("image".utf8)
        try machine.writeDepot(blobs: ["image-pause": bytes])
        let seed = try machine.writeSeed(
            "A", files: [:], payloads: [Self.payload("image-pause", .image, bytes)], units: [])
        let services = RecordingServices()
        services.answers["ctr version"] = CommandResult(status: 1, output: "")
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.events.last == "waiting: image-pause (containerd is not there yet)")
        #expect(run.exitCode == .done)
    }
}
