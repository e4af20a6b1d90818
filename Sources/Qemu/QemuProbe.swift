import Foundation
import HostSystem
import Launching
import Synchronization
import Values

/// Finds out what QEMU can do here, by running it. What was found is kept for as long as this process lives: no longer, since
/// tomorrow another QEMU may be installed.
final class QemuProbe: Sendable {
    private let system: Computer.System
    private let architecture: Architecture
    private let runner: any CommandRunner
    private let exists: @Sendable (String) -> Bool
    private let isWritable: @Sendable (String) -> Bool
    private let resolve: @Sendable (String) -> String?
    private let known = Mutex<[Architecture: QemuReport]>([:])

    /// - Parameters:
    ///   - resolve: the file that a program's name leads to, links followed; nil when there is none.
    init(
        host: Computer, runner: any CommandRunner,
        exists: @escaping @Sendable (String) -> Bool = { Files.exists($0) },
        isWritable: @escaping @Sendable (String) -> Bool = { FileManager.default.isWritableFile(atPath: $0) },
        resolve: @escaping @Sendable (String) -> String? = { QemuProbe.file(of: $0) }
    ) {
        system = host.system
        architecture = host.architecture
        self.runner = runner
        self.exists = exists
        self.isWritable = isWritable
        self.resolve = resolve
    }

    /// - Throws: what running a program throws, but for ``LaunchError/missingProgram(_:)``, which is a finding.
    func report(on guest: Architecture) throws(LaunchError) -> QemuReport {
        if let report = known.withLock({ $0[guest] }) { return report }
        let report = try examine(guest)
        known.withLock { $0[guest] = report }
        return report
    }

    private func examine(_ guest: Architecture) throws(LaunchError) -> QemuReport {
        func unfit(_ shortcoming: QemuShortcoming) -> QemuReport {
            QemuReport(host: nil, shortcomings: [shortcoming])
        }
        guard let (program, version) = try find(guest.qemuProgram) else {
            return unfit(.notInstalled(program: guest.qemuProgram, guest: guest, system: system))
        }
        guard let version else {
            return unfit(.broken(program: program, reason: "it tells no version", guest: guest, system: system))
        }
        guard version >= .oldest else { return unfit(.tooOld(program: program, found: version, system: system)) }
        guard let (imageProgram, _) = try find("qemu-img") else {
            return unfit(.notInstalled(program: "qemu-img", guest: guest, system: system))
        }
        switch try accelerator(QemuTrial(program: program, guest: guest, runner: runner)) {
        case .unusable(let reason):
            return unfit(.broken(program: program, reason: reason, guest: guest, system: system))
        case .usable(let accelerator, let hasSandbox, let slowness):
            var shortcomings = slowness.map { [QemuShortcoming.slow(guest: guest, $0)] } ?? []
            let places = guest == .arm64 ? firmwarePlaces(of: program) : []
            let firmware = places.first(where: exists)
            if guest == .arm64, firmware == nil { shortcomings.append(.noFirmware(searched: places, system: system)) }
            let host = QemuHost(
                system: system, guest: guest, program: program, imageProgram: imageProgram, version: version,
                accelerator: accelerator, firmware: firmware, hasSandbox: hasSandbox)
            return QemuReport(host: host, shortcomings: shortcomings)
        }
    }

    /// A program's name or path, and its version if it tells one; nil when it is not installed.
    private func find(_ name: String) throws(LaunchError) -> (program: String, version: QemuVersion?)? {
        // A shell that was not started at a login may lack Homebrew in its PATH.
        let others = system == .macOS ? ["/opt/homebrew/bin/\(name)", "/usr/local/bin/\(name)"] : []
        for program in [name] + others {
            do throws(LaunchError) {
                let result = try runner.run(ExternalCommand([program, "--version"], timeLimit: 10))
                return (program, result.status == 0 ? QemuVersion(parsing: result.output) : nil)
            } catch .missingProgram { continue }
        }
        return nil
    }

    // MARK: Accelerator

    private enum Choice {
        case usable(QemuAccelerator, sandbox: Bool, slowness: QemuShortcoming.Slowness?)
        case unusable(reason: String)
    }

    private func accelerator(_ trial: QemuTrial) throws(LaunchError) -> Choice {
        let filter = system == .linux
        var slowness = obstacle(to: trial.guest)
        let native: QemuAccelerator? = slowness == nil ? (system == .linux ? .kvm : .hvf) : nil
        if let native {
            switch try trial.run(native, sandbox: filter) {
            case .passed: return .usable(native, sandbox: filter, slowness: nil)
            case .failed(let reason): slowness = .failed(native, reason: reason)
            }
        }
        var outcome = try trial.run(.tcg, sandbox: filter)
        if outcome == .passed { return .usable(.tcg, sandbox: filter, slowness: slowness) }
        // Neither: perhaps it is the filter, which QEMU may have been built without.
        if filter {
            if let native, try trial.run(native, sandbox: false) == .passed {
                return .usable(native, sandbox: false, slowness: nil)
            }
            outcome = try trial.run(.tcg, sandbox: false)
        }
        switch outcome {
        case .passed: return .usable(.tcg, sandbox: false, slowness: slowness)
        case .failed(let reason): return .unusable(reason: reason)
        }
    }

    /// Why there is nothing to try.
    private func obstacle(to guest: Architecture) -> QemuShortcoming.Slowness? {
        guard guest == architecture else { return .otherArchitecture(host: architecture) }
        guard system == .linux else { return nil }
        guard exists("/dev/kvm") else { return .noDevice }
        return isWritable("/dev/kvm") ? nil : .denied
    }

    // MARK: Firmware

    private func firmwarePlaces(of program: String) -> [String] {
        // Homebrew's bin/qemu-system-aarch64 is a link into a directory of the version.
        let own = resolve(program).map { file in
            let prefix = file.split(separator: "/").dropLast(2)
            return "/" + (prefix + ["share", "qemu", "edk2-aarch64-code.fd"]).joined(separator: "/")
        }
        var places = own.map { [$0] } ?? []
        if system == .linux {
            // Debian and Ubuntu; Fedora and Arch.
            places += [
                "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
                "/usr/share/edk2/aarch64/QEMU_EFI.fd", "/usr/share/qemu/edk2-aarch64-code.fd",
            ]
        }
        var seen: Set<String> = []
        return places.filter { seen.insert($0).inserted }
    }

    static func file(of program: String) -> String? {
        guard let path = try? ProcessRunner.executable(program) else { return nil }
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}

/// What ``QemuProbe`` found out.
struct QemuReport: Hashable, Sendable {
    /// Nil when no guest can be run.
    let host: QemuHost?
    /// At most one that is fatal.
    let shortcomings: [QemuShortcoming]

    /// What the doctor shows; one that all is well where nothing lacks.
    var findings: [Finding] {
        guard let host else { return shortcomings.map(\.finding) }
        let good = Finding(.ok, "QEMU", "\(host.program) \(host.version), \(host.accelerator.rawValue)")
        return [good] + shortcomings.map(\.finding)
    }

    /// The same for guests that bring no boot loader, whose kernel needs no firmware.
    var forDirectBoot: QemuReport {
        QemuReport(
            host: host,
            shortcomings: shortcomings.filter { if case .noFirmware = $0 { false } else { true } })
    }
}
