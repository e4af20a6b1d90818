import Diagnostics
import TopologySpec

/// Resolves `guest:`.
struct GuestResolver {
    let spec: GuestSpec

    private enum KernelWord: String, CaseIterable { case own, shared }
    private enum CgroupsWord: String, CaseIterable { case delegated, none }

    func resolve(_ report: inout Report) -> Guest {
        let os: Guest.OperatingSystem = SettingParser.choice(spec.os, "guest.os", default: .ubuntu2404, &report)
        let architecture: Guest.Architecture = SettingParser.choice(
            spec.architecture, "guest.architecture", default: .arm64, &report)
        let kernel: KernelWord = SettingParser.choice(spec.kernel, "guest.kernel", default: .own, &report)
        let cgroups: CgroupsWord = SettingParser.choice(spec.cgroups, "guest.cgroups", default: .delegated, &report)
        if let text = spec.cgroups, kernel == .own {
            report.error(
                "guest.cgroups", "a machine with its own kernel has its own cgroups", at: text.position,
                help: "remove it, or set guest.kernel: shared")
        }
        let image = SettingParser.value(
            spec.image, "guest.image", default: "image-\(os.rawValue)-\(architecture.rawValue)",
            expected: "a payload name", example: "image-ubuntu-24.04-arm64", &report
        ) { $0.isEmpty || $0.contains("/") ? nil : $0 }
        return Guest(
            os: os, architecture: architecture,
            kernel: kernel == .own ? .own : .shared(cgroupsDelegated: cgroups == .delegated), image: image)
    }
}
