import Diagnostics
import TopologySpec
import Values

/// Resolves `guest:`.
struct GuestResolver {
    let spec: GuestSpec

    private enum KernelWord: String, CaseIterable { case own, shared }
    private enum CgroupsWord: String, CaseIterable { case delegated, none }

    func resolve(_ report: inout Report) -> Guest {
        let os: Guest.OperatingSystem = SettingParser.choice(spec.os, "guest.os", default: .ubuntu2404, &report)
        let architecture: Architecture = SettingParser.choice(
            spec.architecture, "guest.architecture", default: .arm64, &report)
        let kernel: KernelWord = SettingParser.choice(spec.kernel, "guest.kernel", default: .own, &report)
        let cgroups: CgroupsWord = SettingParser.choice(spec.cgroups, "guest.cgroups", default: .delegated, &report)
        if let text = spec.cgroups, kernel == .own {
            report.error(
                "guest.cgroups", "a machine with its own kernel has its own cgroups", at: text.position,
                help: "remove it, or set guest.kernel: shared")
        }
        let image = payload(
            spec.image, "guest.image", default: "image-\(os.rawValue)-\(architecture.rawValue)", &report)
        return Guest(
            os: os, architecture: architecture,
            kernel: kernel == .own ? .own : .shared(cgroupsDelegated: cgroups == .delegated), image: image,
            boot: boot(kernel, &report))
    }

    private func boot(_ guestKernel: KernelWord, _ report: inout Report) -> Guest.DirectBoot? {
        guard let boot = spec.boot else { return nil }
        if guestKernel == .shared {
            report.error(
                "guest.boot", "a machine on a shared kernel boots none", at: boot.position,
                help: "remove it, or set guest.kernel: own")
        }
        for (key, value) in [("kernel", boot.kernel), ("initrd", boot.initrd)] where value == nil {
            report.error(
                "guest.boot.\(key)", "it is missing", at: boot.position,
                help:
                    "name the payload, such as '\(key): guest-\(key)', or remove guest.boot for an image that boots by itself"
            )
        }
        return Guest.DirectBoot(
            kernel: payload(boot.kernel, "guest.boot.kernel", default: "guest-kernel", &report),
            initrd: payload(boot.initrd, "guest.boot.initrd", default: "guest-initrd", &report),
            arguments: SettingParser.value(
                boot.arguments, "guest.boot.arguments", default: "root=/dev/vda rw", expected: "one line of ASCII",
                example: "root=/dev/vda rw console=ttyS0", &report
            ) { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } ? $0 : nil })
    }

    private func payload(
        _ text: Located<String>?, _ subject: String, default fallback: String, _ report: inout Report
    ) -> String {
        SettingParser.value(
            text, subject, default: fallback, expected: "a payload name", example: "image-ubuntu-24.04-arm64", &report
        ) { $0.isEmpty || $0.contains("/") ? nil : $0 }
    }
}
