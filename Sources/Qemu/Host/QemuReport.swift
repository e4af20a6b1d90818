import Launching

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
