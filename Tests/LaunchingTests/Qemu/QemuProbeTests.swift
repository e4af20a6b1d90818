import HostSystem
import Synchronization
import Testing
import Values

@testable import Launching
@testable import Qemu

/// What the probe concludes from what programs do; real ones are asked in ``QemuInteropTests``.
@Suite("qemu probe")
struct QemuProbeTests {
    /// A host whose programs are made up.
    private struct World {
        var system = Computer.System.linux
        var architecture = Architecture.amd64
        var versions = ["qemu-system-x86_64": "10.0.2", "qemu-img": "10.0.2"]
        /// Accelerators that run a guest, with and without the system call filter.
        var good: Set<String> = ["kvm", "tcg"]
        var hasFilter = true
        var files: Set<String> = ["/dev/kvm"]
        var isWritable = true

        func probe() -> (QemuProbe, RecordingRunner) {
            let world = self
            let runner = RecordingRunner { world.answer($0) }
            let host = Computer(
                system: system, architecture: architecture, processors: 2, availableMemory: { nil },
                freeSpace: { _ in nil },
                networks: { [] })
            let probe = QemuProbe(
                host: host, runner: Installed(runner: runner, programs: Set(versions.keys)),
                exists: { world.files.contains($0) }, isWritable: { _ in world.isWritable },
                resolve: { $0.hasPrefix("/") ? $0 : "/usr/bin/\($0)" })
            return (probe, runner)
        }

        private func answer(_ command: ExternalCommand) -> CommandResult {
            let words = command.arguments
            if words.last == "--version" {
                return CommandResult(status: 0, output: "QEMU emulator version \(versions[words[0]] ?? "?") (Debian)\n")
            }
            if words.contains("-sandbox"), !hasFilter {
                return CommandResult(status: 1, errors: "\(words[0]): -sandbox on: sandbox support is not enabled\n")
            }
            let accelerator = good.contains { name in words.contains { $0 == name || $0.hasPrefix("\(name),") } }
            guard accelerator else {
                return CommandResult(
                    status: 137,
                    errors: "\(words[0]): warning: host doesn't support\nKVM internal error. Suberror: 1\n")
            }
            return CommandResult(status: words.contains("isa-debug-exit,iobase=0xf4,iosize=1") ? 33 : 0)
        }
    }

    /// Only some programs are there.
    private struct Installed: CommandRunner {
        let runner: RecordingRunner
        let programs: Set<String>

        func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
            guard programs.contains(command.program) else { throw .missingProgram(command.program) }
            return try runner.run(command)
        }

        func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 { throw .missingProgram(command.program) }
    }

    private func report(_ world: World, _ guest: Architecture = .amd64) throws -> QemuReport {
        try world.probe().0.report(on: guest)
    }

    @Test("all is well")
    func good() throws {
        let report = try report(World())
        #expect(report.shortcomings.isEmpty)
        #expect(report.host?.accelerator == .kvm && report.host?.hasSandbox == true && report.host?.firmware == nil)
        #expect(report.findings == [Finding(.ok, "QEMU", "qemu-system-x86_64 10.0.2, kvm")])
    }

    @Test("it asks once, and the trial has an end")
    func once() throws {
        let (probe, runner) = World().probe()
        #expect(try probe.report(on: .amd64) == probe.report(on: .amd64))
        #expect(runner.commands.count == 3 && runner.commands.allSatisfy { $0.timeLimit != nil })
    }

    @Test("a kvm that opens and cannot run a guest")
    func brokenKVM() throws {
        var world = World()
        world.good = ["tcg"]
        let report = try report(world)
        #expect(report.host?.accelerator == .tcg && report.host?.hasSandbox == true)
        #expect(
            report.shortcomings == [
                .slow(
                    guest: .amd64, .failed(.kvm, reason: "a trial guest stood still: KVM internal error. Suberror: 1"))
            ])
        #expect(report.findings.last?.level == .warning && report.findings.last?.subject == "accelerator")
        #expect(
            report.findings.last?.message
                == "kvm cannot run guests here (a trial guest stood still: KVM internal error. Suberror: 1); guests are translated, which works and is about ten times slower"
        )
    }

    @Test("no kvm, one that is not ours, and another architecture")
    func slow() throws {
        var world = World()
        world.files = []
        #expect(try report(world).shortcomings == [.slow(guest: .amd64, .noDevice)])
        world = World()
        world.isWritable = false
        let denied = try report(world)
        #expect(denied.shortcomings == [.slow(guest: .amd64, .denied)])
        #expect(denied.findings.last?.remedy == "join its group and log in again: sudo usermod -aG kvm $USER")
        world = World()
        world.architecture = .arm64
        let other = try report(world)
        #expect(other.host?.accelerator == .tcg)
        #expect(other.findings.last?.message.hasPrefix("guests are amd64 and this host is arm64; ") == true)
        #expect(other.findings.last?.remedy == "build the bundle from a topology with guest.architecture: arm64")
    }

    @Test("a QEMU without the system call filter")
    func noFilter() throws {
        var world = World()
        world.hasFilter = false
        let report = try report(world)
        #expect(report.host?.accelerator == .kvm && report.host?.hasSandbox == false && report.shortcomings.isEmpty)
        world.good = ["tcg"]
        #expect(try self.report(world).host?.accelerator == .tcg)
    }

    @Test("not installed, on either system")
    func missing() throws {
        var world = World()
        world.versions = [:]
        let report = try report(world)
        #expect(report.host == nil)
        #expect(
            report.findings == [
                Finding(
                    .failure, "QEMU", "qemu-system-x86_64 is not installed",
                    remedy:
                        "Debian, Ubuntu: apt install qemu-system-x86 qemu-utils. Fedora: dnf install qemu-system-x86 qemu-img"
                )
            ])
        world.versions = ["qemu-system-x86_64": "10.0.2"]
        #expect(try self.report(world).findings.map(\.message) == ["qemu-img is not installed"])
        world.system = .macOS
        world.versions = [:]
        #expect(try self.report(world, .arm64).findings.map(\.remedy) == ["brew install qemu"])
    }

    @Test("too old, and how to come by a later one")
    func old() throws {
        var world = World()
        world.versions["qemu-system-x86_64"] = "7.2.19"
        let report = try report(world)
        #expect(report.host == nil)
        let finding = try #require(report.findings.first)
        #expect(finding.level == .failure)
        #expect(
            finding.message
                == "qemu-system-x86_64 is version 7.2.19; 8.0.0 or later is needed, which can connect machines by sockets again and again"
        )
        #expect(finding.remedy?.contains("-backports") == true)
    }

    @Test("one that runs nothing, or tells no version")
    func broken() throws {
        var world = World()
        world.good = []
        #expect(
            try report(world).findings.first?.message
                == "qemu-system-x86_64 does not work: a trial guest stood still: KVM internal error. Suberror: 1")
        world = World()
        world.versions["qemu-system-x86_64"] = "?"
        #expect(try report(world).findings.first?.message == "qemu-system-x86_64 does not work: it tells no version")
    }

    @Test("Homebrew outside PATH, its firmware beside it")
    func macOS() throws {
        let program = "/opt/homebrew/bin/qemu-system-aarch64"
        var world = World(
            system: .macOS, architecture: .arm64, versions: [program: "10.1.0", "qemu-img": "10.1.0"],
            good: ["hvf"], files: ["/opt/homebrew/share/qemu/edk2-aarch64-code.fd"])
        let report = try report(world, .arm64)
        #expect(report.shortcomings.isEmpty)
        #expect(report.host?.program == program && report.host?.accelerator == .hvf && report.host?.hasSandbox == false)
        #expect(report.host?.firmware == "/opt/homebrew/share/qemu/edk2-aarch64-code.fd")
        world.files = []
        let bare = try self.report(world, .arm64)
        #expect(bare.shortcomings.map(\.isFatal) == [true])
        #expect(
            bare.findings.last?.message
                == "there is no UEFI firmware for arm64 guests; looked for /opt/homebrew/share/qemu/edk2-aarch64-code.fd"
        )
        #expect(bare.forDirectBoot.shortcomings.isEmpty && bare.forDirectBoot.host != nil)
    }

    @Test("firmware on Linux, in the order of preference")
    func firmware() throws {
        var world = World(
            architecture: .arm64, versions: ["qemu-system-aarch64": "9.2.1", "qemu-img": "9.2.1"],
            files: ["/dev/kvm", "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"])
        #expect(try report(world, .arm64).host?.firmware == "/usr/share/AAVMF/AAVMF_CODE.fd")
        world.files.remove("/usr/share/AAVMF/AAVMF_CODE.fd")
        #expect(try report(world, .arm64).host?.firmware == "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
        world.files.insert("/usr/share/qemu/edk2-aarch64-code.fd")
        #expect(try report(world, .arm64).host?.firmware == "/usr/share/qemu/edk2-aarch64-code.fd")
    }

    @Test("what QEMU complains of, without its name and its warnings")
    func complaints() {
        #expect(
            QemuTrial.complaint(
                in: """
                    qemu-system-x86_64: warning: host doesn't support requested feature
                    qemu-system-x86_64: error: failed to set MSR 0x10a to 0xc000069
                    qemu-system-x86_64: target/i386/kvm/kvm.c:3849: Assertion failed.
                    """) == "error: failed to set MSR 0x10a to 0xc000069")
        #expect(QemuTrial.complaint(in: "Could not access KVM kernel module\n") == "Could not access KVM kernel module")
        #expect(
            QemuTrial.complaint(in: "") == nil && QemuTrial.complaint(in: "qemu-system-x86_64: warning: x\n") == nil)
    }

    @Test("the trial's boot sector is one, on a disk that the BIOS reads")
    func sector() {
        let bytes = QemuTrialImage.bytes(for: .amd64)
        #expect(bytes.count == 1 << 20 && bytes[510...511] == [0x55, 0xAA])
        #expect(QemuTrialImage.bytes(for: .arm64).count == 16)
    }
}

@Suite("qemu version")
struct QemuVersionTests {
    @Test(
        "as QEMU's programs tell it",
        arguments: [
            ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)\nCopyright (c) 2003-2025", "10.0.2"),
            ("QEMU emulator version 10.1.0\nCopyright (c) 2003-2025 Fabrice Bellard", "10.1.0"),
            ("QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.10)\n", "8.2.2"),
            ("QEMU emulator version 9.2.4 (qemu-9.2.4-1.fc42)", "9.2.4"),
            ("QEMU emulator version 9.2.50 (v9.2.0-1234-gabcdef)", "9.2.50"),
            ("QEMU emulator version 10.2.0-rc1", "10.2.0"),
            ("QEMU emulator version 7.2.22\r\n", "7.2.22"),
            ("qemu-img version 10.0.2 (Debian)\nCopyright", "10.0.2"),
            ("QEMU emulator version 11.0", "11.0.0"),
        ])
    func parsing(output: String, version: String) {
        #expect(QemuVersion(parsing: output)?.description == version)
    }

    @Test(
        "what tells none",
        arguments: [
            "", "\n", "QEMU emulator version", "version x.y", "QEMU emulator version 10", "zsh: command not found",
        ])
    func none(output: String) {
        #expect(QemuVersion(parsing: output) == nil)
    }

    @Test("order")
    func order() {
        let ordered = [(7, 2, 19), (8, 0, 0), (8, 0, 5), (8, 1, 0), (9, 2, 0), (10, 0, 2)].map {
            QemuVersion(major: $0.0, minor: $0.1, patch: $0.2)
        }
        #expect(ordered.shuffled().sorted() == ordered)
        #expect(ordered[0] < .oldest && !(ordered[1] < .oldest))
    }
}
