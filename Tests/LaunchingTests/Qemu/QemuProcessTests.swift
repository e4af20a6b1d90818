import Foundation
import HostSystem
import TestSupport
import Testing
import Values

@testable import Launching
@testable import Qemu

@Suite("qemu processes")
struct QemuProcessTests {
    let tag = "slipway-0123abcd"

    private func machine(_ arguments: [String]) -> String? {
        QemuProcess(id: 7, arguments: arguments, tag: tag).map { $0.machine ?? "(switch)" }
    }

    @Test("by the whole arguments")
    func arguments() {
        #expect(machine(["qemu-system-x86_64", "-name", "slipway-0123abcd-etcd-1", "-m", "64"]) == "etcd-1")
        #expect(machine(["/opt/a b/qemu-system-aarch64", "-name", "slipway-0123abcd-jump"]) == "jump")
        #expect(machine(["qemu-system-x86_64", "-name", "slipway-0123abcd--switch"]) == "(switch)")
        // Every command that is built is found.
        #expect(machine(QemuSample.command("worker-3")) == "worker-3")
        let hub = QemuSample.switchCommand(QemuSample.plan(.arm64), on: QemuSample.macOS)
        #expect(machine(hub) == "(switch)")
    }

    @Test(
        "what is not this instance's QEMU",
        arguments: [
            [], ["qemu-system-x86_64"], ["qemu-system-x86_64", "-name"],
            ["qemu-system-x86_64", "-name", "slipway-0123abcd"],
            ["qemu-system-x86_64", "-name", "slipway-0123abcd-"],
            ["qemu-system-x86_64", "-name", "slipway-0123abce-etcd-1"],
            ["qemu-system-x86_64", "-name", "x-slipway-0123abcd-etcd-1"],
            ["grep", "qemu-system-x86_64", "-name", "slipway-0123abcd-a"],
            ["vim", "-name", "slipway-0123abcd-etcd-1"],
            ["/bin/qemu-system-dir/sh", "-name", "slipway-0123abcd-etcd-1"],
            [
                "sh", "-c", "cd \"$0\" && exec \"$@\"", "/s", "/usr/bin/qemu-system-x86_64", "-name",
                "slipway-0123abcd-etcd-1",
            ],
        ])
    func others(arguments: [String]) { #expect(machine(arguments) == nil) }

    @Test("as proc(5) shows arguments")
    func proc() {
        #expect(QemuProcesses.arguments(Array("a\0-b\0\0c d\0".utf8)) == ["a", "-b", "", "c d"])
        // A zombie, and a kernel thread.
        #expect(QemuProcesses.arguments([UInt8]()).isEmpty)
    }

    @Test("as ps prints lines")
    func ps() {
        let output = """
              1 /sbin/launchd
            512 qemu-system-aarch64 -name slipway-0123abcd-jump -nodefaults -append root=/dev/vda rw
             77 /opt/my tools/bin/qemu-system-aarch64 -name slipway-0123abcd--switch -nodefaults
            513 /opt/homebrew/bin/qemu-system-aarch64 -name slipway-0123abcd-etcd-1
            514 (qemu-system-aarch64)
            515 qemu-system-aarch64 -name slipway-99999999-etcd-1 -nodefaults
            516 grep qemu-system-aarch64 -name slipway-0123abcd-etcd-1
            517 sh -c qemu-system-aarch64 -name slipway-0123abcd-etcd-1
            518 vim /tmp/qemu-system-notes -x -name slipway-0123abcd-etcd-1
            x y
            519
            """
        let found = QemuProcesses.parse(output, tag: tag).map { "\($0.id) \($0.machine ?? "(switch)")" }
        #expect(found == ["77 (switch)", "512 jump", "513 etcd-1"])
    }

    @Test("macOS asks ps")
    func macOS() throws {
        let runner = RecordingRunner { _ in
            CommandResult(status: 0, output: " 9 qemu-system-aarch64 -name slipway-0123abcd-jump\n")
        }
        let found = try QemuProcesses(system: .macOS, runner: runner).find(tag: tag)
        #expect(found.map(\.id) == [9] && runner.lines == ["ps -axww -o pid=,command="])
    }

    #if os(Linux)
        @Test("a real process, and no longer when it is a zombie")
        func real() throws {
            let directory = try TemporaryDirectory()
            // It only looks like QEMU: it is the arguments that count.
            let program = directory.path + "/qemu-system-stand-in"
            try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: "/bin/sh")
            let child = try ProcessRunner().start(
                ExternalCommand(
                    [program, "-c", "while :; do sleep 0.1; done", "-name", "slipway-0123abcd-\(getpid())"],
                    output: .appended(path: directory.path + "/log")))
            let processes = QemuProcesses(system: .linux, runner: RecordingRunner())
            func found() throws -> [Int32] {
                try processes.find(tag: tag).filter { $0.machine == "\(getpid())" }.map(\.id)
            }
            // For a moment after a program has become another one the kernel shows no arguments.
            for _ in 0..<1000 where try found().isEmpty { usleep(2000) }
            #expect(try found() == [child])
            ProcessSignal.kill.send(to: child)
            // Nobody has waited for it yet.
            var state = ""
            while !state.contains(") Z ") { state = try String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8) }
            #expect(try found().isEmpty)
            var status: Int32 = 0
            #expect(unsafe waitpid(child, &status, 0) == child)
        }
    #endif
}
