import Foundation
import HostSystem
import Launching
import Values

/// A guest of a few instructions, by which an accelerator shows that it can run one.
///
/// That `/dev/kvm` opens, and even that a virtual machine can be made, says too little: there are hosts (themselves guests)
/// whose kvm interprets each instruction, knows no vector instructions, and so stops any ordinary kernel. This guest goes the
/// way of such a kernel.
struct QemuTrial {
    enum Outcome: Hashable, Sendable {
        case passed
        case failed(reason: String)
    }

    let program: String
    let guest: Architecture
    let runner: any CommandRunner
    /// Seconds; nil for what suits the accelerator. Translated the guest takes 0.2 on a host at rest, and where that does not
    /// work nothing does, so a busy host gets time. A guest that hardware cannot run stands still until QEMU is killed.
    var timeLimit: Int?

    func run(_ accelerator: QemuAccelerator, sandbox: Bool) throws(LaunchError) -> Outcome {
        let result = try runner.run(
            ExternalCommand(
                arguments(accelerator, sandbox: sandbox), input: .bytes(QemuTrialImage.bytes(for: guest)),
                timeLimit: timeLimit ?? (accelerator == .tcg ? 30 : 5)))
        if result.status == QemuTrialImage.passed(by: guest) { return .passed }
        let complaint = Self.complaint(in: result.errors)
        let ending =
            switch result.status {
            case 137: "a trial guest stood still"
            case 129...: "QEMU crashed with a trial guest"
            default: "QEMU did not run a trial guest"
            }
        return .failed(reason: complaint.map { "\(ending): \($0)" } ?? ending)
    }

    /// The guest is on standard input, a file without a name: nothing is left of it, whoever is killed.
    static let image = "/dev/stdin"

    /// As the machines will be run, but for what the trial needs to report its end.
    func arguments(_ accelerator: QemuAccelerator, sandbox: Bool) -> [String] {
        let start = [
            program, "-nodefaults", "-no-user-config", "-display", "none", "-machine", guest.qemuBoard,
            "-accel", accelerator.argument, "-cpu", accelerator.processor(for: guest), "-m", "64", "-no-reboot",
        ]
        let medium =
            switch guest {
            case .amd64:
                [
                    "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-blockdev",
                    "driver=raw,node-name=trial,read-only=on,file.driver=file,file.filename=\(Self.image)",
                    "-device", "virtio-blk-pci,drive=trial,bootindex=0",
                ]
            case .arm64: ["-kernel", Self.image]
            }
        return start + medium + (sandbox ? QemuHost.sandbox : [])
    }

    /// The first line that says what is wrong, without the program's name before it.
    static func complaint(in errors: String) -> String? {
        let lines = errors.split(whereSeparator: \.isNewline).map { line in
            line.hasPrefix("qemu-system-") ? line.drop { $0 != " " }.dropFirst() : line
        }
        return lines.first { !$0.isEmpty && !$0.hasPrefix("warning:") }.map(String.init)
    }
}
