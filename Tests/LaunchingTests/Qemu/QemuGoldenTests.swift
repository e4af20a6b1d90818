import BundleFormat
import Foundation
import Testing
import Values

@testable import Launching
@testable import Qemu

/// The command lines of a whole lab, against the ones that a person has read and committed: an option and its value to a line.
///
/// `SLIPWAY_RECORD=1` records, and such a run fails, so that nobody records by accident.
@Suite("qemu command lines")
struct QemuGoldenTests {
    struct Lab: Sendable, CustomTestStringConvertible {
        let name: String
        let plan: LaunchPlan
        let host: QemuHost

        var testDescription: String { name }

        var text: String {
            let commands =
                [QemuSample.switchCommand(plan, on: host)]
                + plan.machines.map {
                    QemuMachineCommand(
                        $0, of: plan, boot: plan.boot, names: QemuSample.names, host: host,
                        ports: QemuPorts(ssh: 2200, api: 2201)
                    ).arguments
                }
            return commands.map { Self.lines($0) + "\n" }.joined(separator: "\n")
        }

        private static func lines(_ arguments: [String]) -> String {
            var lines: [String] = []
            for argument in arguments {
                // Options begin with a dash, and here no value does.
                if lines.isEmpty || argument.hasPrefix("-") {
                    lines.append(argument)
                } else {
                    lines[lines.count - 1] += " " + argument
                }
            }
            return lines.joined(separator: "\n    ")
        }
    }

    static let labs = [
        Lab(name: "macos-arm64-hvf", plan: QemuSample.plan(.arm64), host: QemuSample.macOS),
        Lab(name: "linux-amd64-kvm", plan: QemuSample.plan(.amd64), host: QemuSample.linux(.kvm)),
        Lab(name: "linux-amd64-tcg", plan: QemuSample.plan(.amd64), host: QemuSample.linux(.tcg)),
        Lab(
            name: "linux-amd64-tcg-direct-boot",
            plan: QemuSample.plan(
                .amd64,
                boot: DirectBoot(
                    kernel: "kernel-debian-13-amd64", initrd: "initrd-debian-13-amd64",
                    arguments: "root=/dev/vda rw console=ttyS0")),
            host: QemuSample.linux(
                .tcg, version: QemuVersion(major: 8, minor: 2, patch: 2), hasSandbox: false)),
    ]

    private static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1"
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden/Qemu")

    @Test("as recorded", arguments: labs)
    func asRecorded(lab: Lab) throws {
        let file = Self.directory.appendingPathComponent("\(lab.name).txt")
        if Self.isRecording {
            try FileManager.default.createDirectory(at: Self.directory, withIntermediateDirectories: true)
            try Data(lab.text.utf8).write(to: file)
            Issue.record("recorded Golden/Qemu/\(lab.name).txt; look at it, then run without SLIPWAY_RECORD")
            return
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == lab.text, "SLIPWAY_RECORD=1 records it")
    }

    @Test("every path is relative, but for the firmware")
    func relative() {
        for lab in Self.labs {
            let paths = lab.text.split(separator: "\n").filter { $0.contains("=/") || $0.contains(" /") }
            #expect(paths.allSatisfy { $0.contains("-bios /opt/homebrew") || $0.contains("-append") }, "\(paths)")
        }
    }
}
