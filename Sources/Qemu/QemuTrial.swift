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

/// The trial's guest, in its own machine code.
enum QemuTrialImage {
    /// What is booted: amd64 from the first sector of a disk, arm64 as a kernel.
    static func bytes(for guest: Architecture) -> [UInt8] {
        switch guest {
        case .amd64:
            var sector = bootSector
            sector += [UInt8](repeating: 0, count: 510 - sector.count) + [0x55, 0xAA]
            // The BIOS reads nothing from a disk that is much smaller.
            return sector + [UInt8](repeating: 0, count: (1 << 20) - sector.count)
        case .arm64: return kernel
        }
    }

    /// QEMU's status when the guest got to its end.
    static func passed(by guest: Architecture) -> Int32 {
        switch guest {
        // isa-debug-exit: twice what the guest writes, and one.
        case .amd64: 0x10 << 1 | 1
        case .arm64: 0
        }
    }

    /// From real mode to 64 bits with paging, as every kernel goes; then an addition in a vector register, which must be
    /// right.
    private static let bootSector: [UInt8] = [
        // interrupts off, a stack
        0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C,
        // page tables at 0x1000: the first 2 MiB, each address itself
        0x66, 0xBF, 0x00, 0x10, 0x00, 0x00, 0x0F, 0x22, 0xDF, 0x66, 0x31, 0xC0, 0x66, 0xB9, 0x00, 0x0C, 0x00, 0x00,
        0xFC, 0x66, 0xF3, 0xAB, 0x66, 0xC7, 0x06, 0x00, 0x10, 0x03, 0x20, 0x00, 0x00, 0x66, 0xC7, 0x06, 0x00, 0x20,
        0x03, 0x30, 0x00, 0x00, 0x66, 0xC7, 0x06, 0x00, 0x30, 0x83, 0x00, 0x00, 0x00,
        // cr4: PAE and SSE
        0x66, 0xB8, 0x20, 0x06, 0x00, 0x00, 0x0F, 0x22, 0xE0,
        // EFER: long mode
        0x66, 0xB9, 0x80, 0x00, 0x00, 0xC0, 0x0F, 0x32, 0x66, 0x0D, 0x00, 0x01, 0x00, 0x00, 0x0F, 0x30,
        // cr0: paging, SSE; into 64-bit code
        0x0F, 0x20, 0xC0, 0x66, 0x83, 0xE0, 0xFB, 0x66, 0x0D, 0x03, 0x00, 0x00, 0x80, 0x0F, 0x22, 0xC0, 0x0F, 0x01,
        0x16, 0xAA, 0x7C, 0xEA, 0x70, 0x7C, 0x08, 0x00,
        // 0x0123456789abcdef + itself in xmm0 and in rax: the same?
        0x48, 0xB8, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01, 0x66, 0x48, 0x0F, 0x6E, 0xC0, 0x66, 0x0F, 0xD4,
        0xC0, 0x66, 0x48, 0x0F, 0x7E, 0xC3, 0x48, 0x01, 0xC0, 0x48, 0x39, 0xD8, 0x75, 0x07,
        // 0x10 to port 0xf4, and stop
        0xB0, 0x10, 0x66, 0xBA, 0xF4, 0x00, 0xEE, 0xF4, 0xEB, 0xFD,
        // the descriptor table: none, 64-bit code; its length and place
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9A, 0x20, 0x00, 0x0F, 0x00,
        0x9A, 0x7C, 0x00, 0x00,
    ]

    /// PSCI's SYSTEM_OFF (Arm DEN 0022): mov w0, #0x84000008; hvc #0; and should it come back, b .
    private static let kernel: [UInt8] = [
        0x00, 0x80, 0xB0, 0x52, 0x00, 0x01, 0x80, 0x72, 0x02, 0x00, 0x00, 0xD4, 0x00, 0x00, 0x00, 0x14,
    ]
}
