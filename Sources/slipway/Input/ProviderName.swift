public import ArgumentParser
import BundleFormat
import Foundation
import Launching
import Nspawn
import Qemu
import UTM

extension ProviderName: ExpressibleByArgument {
    /// - Parameter port: the loopback port for SSH to the jump host; nil for one that is free.
    func make(forwardPort port: Int? = nil) -> any Provider {
        switch self {
        case .utm: UTMProvider()
        case .qemu: QemuProvider(forwardPort: port)
        case .nspawn: NspawnProvider()
        }
    }

    /// What suits a bundle on this computer: containers where it shares the host's kernel, UTM on a Mac that has it, else QEMU.
    static func suited(to plan: LaunchPlan) -> ProviderName {
        if plan.sharesKernel { return .nspawn }
        return UTMProvider.isInstalled ? .utm : .qemu
    }
}
