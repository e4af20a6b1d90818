import Diagnostics
import TopologySpec
import Values

/// Resolves `guest:`.
struct GuestResolver {
    let spec: GuestSpec

    func resolve(_ report: inout Report) -> Guest {
        let os = spec.os.value ?? .ubuntu2404
        let architecture = spec.architecture.value ?? .arm64
        let kernel = spec.kernel.value ?? .own
        if !spec.cgroups.isAbsent, kernel == .own, !spec.kernel.isRefused {
            report.error(
                "guest.cgroups", "a machine with its own kernel has its own cgroups", at: spec.cgroups.position,
                help: "remove it, or set guest.kernel: shared")
        }
        return Guest(
            os: os, architecture: architecture,
            kernel: kernel == .own ? .own : .shared(cgroupsDelegated: spec.cgroups.value != GuestSpec.Cgroups.none),
            image: spec.image.value ?? "image-\(os.rawValue)-\(architecture.rawValue)", boot: boot(kernel, &report))
    }

    private func boot(_ guestKernel: GuestSpec.Kernel, _ report: inout Report) -> Guest.DirectBoot? {
        guard let boot = spec.boot else { return nil }
        if guestKernel == .shared {
            report.error(
                "guest.boot", "a machine on a shared kernel boots none", at: boot.position,
                help: "remove it, or set guest.kernel: own")
        }
        for (key, value) in [("kernel", boot.kernel), ("initrd", boot.initrd)] where value.isAbsent {
            report.error(
                "guest.boot.\(key)", "guest.boot has no '\(key)'", at: boot.position,
                help: "name the payload, such as '\(key): guest-\(key)', "
                    + "or remove guest.boot for an image that boots by itself")
        }
        guard let kernel = boot.kernel.value, let initrd = boot.initrd.value else { return nil }
        return Guest.DirectBoot(
            kernel: kernel, initrd: initrd, arguments: boot.arguments.value ?? "root=/dev/vda rw")
    }
}
