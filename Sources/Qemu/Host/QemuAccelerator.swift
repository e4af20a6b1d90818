import Values

/// What executes a guest's instructions.
enum QemuAccelerator: String, Hashable, Sendable {
    /// Linux's hypervisor.
    case kvm
    /// The hypervisor of macOS.
    case hvf
    /// QEMU's own translator: works everywhere, about ten times slower.
    case tcg

    /// The value of `-accel`.
    var argument: String {
        switch self {
        // Without a size each VM's translations may grow to 1 GiB, which eleven of them do not have.
        case .tcg: "tcg,tb-size=128"
        case .kvm, .hvf: rawValue
        }
    }

    /// The value of `-cpu`.
    func processor(for guest: Architecture) -> String {
        switch (self, guest) {
        case (.kvm, _), (.hvf, _): "host"
        // The smallest model with all of x86-64-v2, which distributions are built for. Larger ones have vector instructions,
        // which guests then prefer and which are slow to translate.
        case (.tcg, .amd64): "Nehalem"
        // Else pointers are signed with the architecture's own cipher, which is very slow to translate.
        case (.tcg, .arm64): "max,pauth-impdef=on"
        }
    }
}
