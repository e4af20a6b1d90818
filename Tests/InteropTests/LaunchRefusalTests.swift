import Foundation
import TestSupport
import Testing

/// `up` and `doctor` on hosts that cannot run a cluster: each says why and what to do, and nothing is made.
@Suite(.needs(.tar)) struct LaunchRefusalTests {
    let directory: Scratch
    let bundle: String

    init() throws {
        directory = try Scratch()
        bundle = try #require(BuiltBundle.all["ha"]).get().file.path
    }

    private var state: URL { directory.url.appendingPathComponent("state") }

    /// Runs slipway with programs of ours before the host's.
    private func run(_ arguments: [String], programs: [String: String] = [:]) throws -> Child.Outcome {
        for (name, script) in programs { try directory.program("bin/\(name)", script) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try Slipway.run(
            arguments,
            environment: [
                "PATH": "\(directory.file("bin")):\(path)", "SLIPWAY_STATE": state.path,
                "XDG_CACHE_HOME": directory.url.appendingPathComponent("cache").path,
            ])
    }

    private func expectNothingMade(_ outcome: Child.Outcome) {
        #expect(!FileManager.default.fileExists(atPath: state.path), "\(outcome.transcript)")
    }

    @Test func anOldQEMU() throws {
        let old = "echo 'QEMU emulator version 7.2.13 (Debian 1:7.2+dfsg-7)'"
        let programs = ["qemu-system-aarch64": old, "qemu-system-x86_64": old, "qemu-img": old]
        let outcome = try run(["up", bundle, "--provider", "qemu"], programs: programs)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("qemu-system-aarch64 is version 7.2.13; 8.0.0 or later is needed"))
        #expect(outcome.errors.contains("update") || outcome.errors.contains("install"), "\(outcome.transcript)")
        expectNothingMade(outcome)
    }

    @Test func aQEMUThatRunsNothing() throws {
        let broken = """
            case $1 in --version) echo 'QEMU emulator version 10.0.2' ;; *) echo "$0: no accelerator" >&2; exit 1 ;; esac
            """
        let outcome = try run(
            ["doctor", bundle, "--provider", "qemu"], programs: ["qemu-system-aarch64": broken, "qemu-img": broken])
        #expect(outcome.status == 3)
        #expect(outcome.output.contains("failure  QEMU"), "\(outcome.transcript)")
        #expect(outcome.output.contains("does not work: QEMU did not run a trial guest"), "\(outcome.transcript)")
        expectNothingMade(outcome)
    }

    @Test func anImageThatNobodyPinned() throws {
        let good = "case $1 in --version) echo 'QEMU emulator version 10.0.2' ;; *) exit 0 ;; esac"
        let outcome = try run(
            ["up", bundle, "jump", "--provider", "qemu"],
            programs: ["qemu-system-aarch64": good, "qemu-img": good])
        #expect(outcome.status != 0)
        let isNamed = outcome.errors.contains("which no lock file pins") && outcome.errors.contains("--image FILE")
        #expect(isNamed || outcome.errors.contains("firmware"), "\(outcome.transcript)")
        expectNothingMade(outcome)
    }

    @Test func machinesThatAreNotThere() throws {
        let outcome = try run(["up", bundle, "etcd-9", "--provider", "qemu"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("'ha' has no machine 'etcd-9'; it has: haproxy"), "\(outcome.transcript)")
        expectNothingMade(outcome)
    }

    @Test func anImageThatIsNotThere() throws {
        let outcome = try run([
            "up", bundle, "jump", "--provider", "qemu", "--image", "\(directory.url.path)/none.qcow2",
        ])
        #expect(outcome.status != 0)
        expectNothingMade(outcome)
    }

    @Test func containersForMachinesWithAKernelOfTheirOwn() throws {
        let outcome = try run(["up", bundle, "--provider", "nspawn"])
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("kernel of their own") || outcome.errors.contains("Linux"))
        expectNothingMade(outcome)
    }

    #if os(Linux)
        @Test func utmWithoutAMac() throws {
            let outcome = try run(["up", bundle, "--provider", "utm"])
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("UTM needs macOS, and this is Linux. Use --provider qemu."))
            expectNothingMade(outcome)
        }
    #endif

    @Test func anInstanceThatIsNotThere() throws {
        let outcome = try run(["status", "nothing"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("there is no instance 'nothing'"))
        expectNothingMade(outcome)
    }
}
