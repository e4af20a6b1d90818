/// How QEMU is run: the section `QEMU`.
struct UTMEmulator: Hashable, Sendable {
    /// Apple's Hypervisor; without it every instruction is emulated.
    var hypervisor: Bool
    /// Needed by arm64, which has no other firmware. UTM makes the file of firmware variables when it is missing.
    var uefi: Bool
    /// Anything here makes UTM warn in a dialog when the machine is opened.
    var additionalArguments: [String] = []

    init(hypervisor: Bool, uefi: Bool) {
        self.hypervisor = hypervisor
        self.uefi = uefi
    }

    var propertyList: PropertyList {
        [
            "AdditionalArguments": .array(additionalArguments.map { .string($0) }), "BalloonDevice": false,
            "DebugLog": false, "Hypervisor": .bool(hypervisor), "PS2Controller": false,
            // Without it a guest waits for entropy before it makes its SSH keys.
            "RNGDevice": true,
            "RTCLocalTime": false, "TPMDevice": false, "UEFIBoot": .bool(uefi),
        ]
    }
}
