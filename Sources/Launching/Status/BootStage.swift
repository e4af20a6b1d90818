/// How far a machine's boot has come.
public enum BootStage: String, Hashable, Sendable, Comparable, CaseIterable {
    case booting
    case cloudInit = "cloud-init"
    case applying
    /// The applier has ended; whether well, only the machine can tell.
    case applied

    public static func < (left: BootStage, right: BootStage) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
