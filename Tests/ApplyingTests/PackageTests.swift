import BundleFormat
import Foundation
import TestSupport
import Testing
import Values

@testable import Applying

/// What is asked of dpkg, and that nothing starts meanwhile.
struct PackageTests {
    private static let list = "dpkg-query --show --showformat=\(DpkgList.format)"
    private static let install = "dpkg --install --force-confold --refuse-downgrade"

    /// One file each: `b` of the second stage.
    private static let files: [String: [UInt8]] = [
        "a1_1_all.deb": [1], "b2_1%3a2_amd64.deb": [2], "c3_1_all.deb": [3],
    ]

    private static func path(_ byte: UInt8, _ machine: SampleMachine) -> String {
        "\(machine.depot)/\(SHA256.digest(of: [byte]).blobPath)"
    }

    private static func payload(_ name: String, _ members: [String: Int]) throws -> MachinePayload {
        let members = try members.sorted { $0.key < $1.key }.map { file, stage in
            PayloadMember(
                path: file, digest: SHA256.digest(of: try #require(files[file])), size: 1, mode: 0o644, stage: stage)
        }
        return MachinePayload(
            name: name, digest: SHA256.digest(of: PayloadMember.listing(members)), size: Int64(members.count),
            kind: .deb, members: members)
    }

    private static let payloads = [
        "haproxy": ["a1_1_all.deb": 0, "b2_1%3a2_amd64.deb": 1], "socat": ["a1_1_all.deb": 0, "c3_1_all.deb": 0],
    ]

    /// A machine with the directory that policy-rc.d lies in, and a seed with packages alone.
    private static func machine(
        units: [MachineUnit] = [], files: [String: SampleMachine.File] = [:]
    ) throws -> (SampleMachine, seed: String) {
        let machine = try SampleMachine()
        for directory in ["usr/sbin", "run"] {
            try FileManager.default.createDirectory(
                atPath: "\(machine.root)/\(directory)", withIntermediateDirectories: true)
        }
        try machine.writeDepot(blobs: ["a": [1], "b": [2], "c": [3]])
        let payloads = try Self.payloads.sorted { $0.key < $1.key }.map { try payload($0.key, $0.value) }
        return (machine, try machine.writeSeed("A", files: files, payloads: payloads, units: units))
    }

    @Test func stageByStageEachFileOnce() throws {
        let unit = MachineUnit(name: "haproxy.service", isEnabled: true, restartOn: ["haproxy"])
        let (machine, seed) = try Self.machine(units: [unit])
        let services = RecordingServices()
        let run = try machine.run("apply", seed: seed, services: services)
        let paths = [1, 2, 3].map { Self.path($0, machine) }
        #expect(
            services.takeCommands() == [
                Self.list, "\(Self.install) \(paths[0]) \(paths[2])", "\(Self.install) \(paths[1])",
                "systemctl --no-block restart haproxy.service",
            ])
        #expect(run.events.prefix(2) == ["installed haproxy", "installed socat"])
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
        #expect(services.takeCommands() == [])
        #expect(try machine.scratch.names("root/usr/sbin") == [])
    }

    /// What the image has whole is left alone; what an interrupted run left unpacked is installed anew, and what was somebody else's
    /// is configured.
    @Test func onlyWhatIsNotWhole() throws {
        let (machine, seed) = try Self.machine()
        let services = RecordingServices()
        services.answers["dpkg-query"] = CommandResult(
            status: 0, output: "ii \ta1_1_all\niU \tb2_1:2_amd64\nrc \tc3_1_all\nii \tc3_0_all\n")
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.error == nil, "\(String(describing: run.error))")
        #expect(
            services.takeCommands() == [
                Self.list, "\(Self.install) \(Self.path(3, machine))", "\(Self.install) \(Self.path(2, machine))",
                "dpkg --configure --force-confold --pending",
            ])
        let (whole, other) = try Self.machine()
        services.answers["dpkg-query"] = CommandResult(
            status: 0, output: "ii \ta1_1_all\nii \tb2_1:2_amd64\nii \tc3_1_all\n")
        #expect(try whole.run("apply", seed: other, services: services).events.first == "installed haproxy")
        #expect(services.takeCommands() == [Self.list])
    }

    /// A payload of one file, of which machine.json does not say what is in it.
    @Test func oneFile() throws {
        let (machine, _) = try Self.machine()
        let payload = MachinePayload(name: "haproxy", digest: SHA256.digest(of: [1]), size: 1, kind: .deb)
        let seed = try machine.writeSeed("B", files: [:], payloads: [payload], units: [])
        let services = RecordingServices()
        #expect(try machine.run("apply", seed: seed, services: services).events.first == "installed haproxy")
        #expect(services.takeCommands() == [Self.list, "\(Self.install) \(Self.path(1, machine))"])
    }

    @Test func oneThatWasExchangedEndsTheRunBeforeDpkg() throws {
        let (machine, seed) = try Self.machine()
        try machine.scratch.write("depot/\(SHA256.digest(of: [2]).blobPath)", [9])
        let services = RecordingServices()
        let refused = try machine.run("apply", seed: seed, services: services)
        #expect(refused.error?.exitCode == .refused && services.takeCommands() == [])
    }

    @Test func oneThatCannotBeInstalledEndsTheRunBeforeAnyFile() throws {
        let (machine, seed) = try Self.machine(files: ["/opt/new": .init(text: "x")])
        let services = RecordingServices()
        services.answers["dpkg --install"] = CommandResult(status: 1, output: "a\nb\nc\ndependency problems\n")
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.error?.description.hasSuffix("ended with status 1: b; c; dependency problems") == true)
        #expect(run.exitCode == .environment)
        #expect(!machine.scratch.exists("root/opt/new"))
        #expect(try machine.scratch.names("root/usr/sbin") == [])
        services.answers = [:]
        #expect(try machine.run("apply", seed: seed, services: services).events.first == "installed haproxy")
    }

    @Test func anotherDpkgIsWaitedFor() throws {
        let (machine, seed) = try Self.machine()
        let services = RecordingServices()
        services.answers["dpkg --install"] = CommandResult(
            status: 2, output: "dpkg: error: dpkg frontend lock was locked by another process with pid 7\n")
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.exitCode == .environment && services.pauses == 60)
        #expect(run.error?.description.contains("locked by another process with pid 7") == true)
    }

    // MARK: Services

    /// What a maintainer script is told by the machine's `policy-rc.d`, in the environment of dpkg or of anybody else; with the paths of
    /// a machine whose root is a directory.
    private static func ask(_ machine: SampleMachine, _ arguments: String..., isOurs: Bool) throws -> Int32 {
        let text = try machine.scratch.read("root\(ServicePolicy.path)")
            .replacing(ServicePolicy.heldPath, with: machine.root + ServicePolicy.heldPath)
            .replacing(ServicePolicy.keptPath, with: machine.root + ServicePolicy.keptPath)
        return try Child.run(
            ["/bin/sh", "-s", "--"] + arguments, environment: isOurs ? [ServicePolicy.variable: "1"] : [:], input: text
        ).status
    }

    /// It decides while dpkg runs, is gone afterwards, and one that the machine has comes back as it was.
    @Test(arguments: [nil, "#!/bin/sh\nexit 104\n"]) func nothingStartsMeanwhile(_ own: String?) throws {
        let (machine, seed) = try Self.machine()
        if let own { try Self.writePolicy(own, on: machine) }
        let before = try TreeSnapshot(machine.root)
        let disk = DiskOperations(try RootDirectory(machine.root))
        // A run that was killed in between.
        try ServicePolicy(disk).put()
        #expect(try disk.root.status(ServicePolicy.path)?.mode == 0o755)
        #expect(try Self.ask(machine, "haproxy.service", "start", isOurs: true) == 101)
        #expect(try Self.ask(machine, "--quiet", "cron", "restart", isOurs: true) == 101)
        #expect(try Self.ask(machine, "haproxy.service", "start", isOurs: false) == (own == nil ? 0 : 104))
        #expect(try ServicePolicy(disk).takeHeld() == ["haproxy.service", "cron.service"])
        try ServicePolicy(disk).put()
        try ServicePolicy(disk).lift()
        try ServicePolicy(disk).lift()
        #expect(try TreeSnapshot(machine.root).differences(from: before) == [])
        let services = RecordingServices()
        try ServicePolicy(disk).put()
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.error == nil, "\(String(describing: run.error))")
        #expect(try machine.scratch.names("root/usr/sbin") == (own == nil ? [] : ["policy-rc.d"]))
        if let own { #expect(try machine.scratch.read("root\(ServicePolicy.path)") == own) }
    }

    private static func writePolicy(_ text: String, on machine: SampleMachine) throws {
        try machine.scratch.write("root\(ServicePolicy.path)", text, mode: 0o755)
    }

    /// Whatever change of the disk fails: nothing of ours stays for good, and a policy that was there is there.
    @Test(arguments: 1...12) func aChangeFails(_ count: Int) throws {
        let (machine, _) = try Self.machine()
        try Self.writePolicy("#!/bin/sh\nexit 104\n", on: machine)
        let before = try TreeSnapshot(machine.root)
        let root = try RootDirectory(machine.root)
        let failing = ServicePolicy(DiskOperations(root, faults: FaultInjection(failAt: (count, Kernel.inputOutput))))
        do {
            try failing.put()
            try failing.lift()
        } catch { #expect(error.exitCode == .environment) }
        try ServicePolicy(DiskOperations(root)).lift()
        // What replaces the file is written beside it.
        let left = try TreeSnapshot(machine.root).differences(from: before).filter { !$0.hasSuffix(".new") }
        #expect(left == [])
    }

    /// Services of packages that machine.json does not know are started once the files are in place, and only they.
    @Test func whatWasHeldStartsAfterwards() throws {
        let unit = MachineUnit(name: "haproxy.service", isEnabled: true, restartOn: ["haproxy"])
        let (machine, seed) = try Self.machine(units: [unit], files: ["/opt/new": .init(text: "x")])
        try machine.scratch.write(
            "root\(ServicePolicy.heldPath)",
            """
            haproxy.service start
            nginx.service restart
            nginx.service start
            cron restart
            gone.service start
            old.service stop
            --quiet start
            """)
        let services = RecordingServices()
        services.units["gone.service"] = "LoadState=not-found\n"
        services.units["cron.service"] = "LoadState=loaded\nActiveState=inactive\nUnitFileState=enabled\n"
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(
            services.takeCommands().suffix(2) == [
                "systemctl --no-block restart haproxy.service",
                "systemctl --no-block restart nginx.service cron.service",
            ])
        #expect(run.events.suffix(2) == ["started nginx.service", "started cron.service"])
        #expect(!machine.scratch.exists("root\(ServicePolicy.heldPath)"))
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
    }
}
