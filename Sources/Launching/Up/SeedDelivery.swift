import BundleFormat
import HostSystem

/// The command that has a running machine apply the seed that its instance has now.
struct SeedDelivery {
    let instance: Instance
    let provider: any Provider

    func command(for machine: RunningMachine) -> ExternalCommand {
        switch provider.media {
        case .directories:
            // It sees the instance's directory.
            return provider.execution(Self.restart, in: machine, of: instance, terminal: nil)
        case .images:
            // It has the image that it was started with; the new one goes through its standard input.
            return provider.execution(
                ["sh", "-c", Self.exchange], in: machine, of: instance, terminal: nil
            ).reading(.file(path: instance.paths.seedImage(of: machine.name)))
        }
    }

    private static let restart = ["systemctl", "restart", "--no-block", GuestLayout.applierUnit]

    /// In memory and for root alone, as the seed is. The old one goes when the new one is seen to be readable; whoever reads
    /// it at the moment reads on.
    private static let exchange = """
        set -eu; umask 077; cd \(GuestLayout.runtimeDirectory)
        cat >seed.iso.new
        modprobe --quiet loop || true
        mkdir -p seed seed.new
        mount -o loop,ro seed.iso.new seed.new
        test -e seed.new/\(MachineManifest.path)
        umount seed.new
        while mountpoint --quiet seed; do umount --lazy seed; done
        mv seed.iso.new seed.iso
        mount -o loop,ro,nosuid,nodev seed.iso seed
        systemctl restart --no-block \(GuestLayout.applierUnit)
        """
}
