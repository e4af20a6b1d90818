import BundleFormat

/// How far a machine's boot has come.
public enum BootStage: String, Hashable, Sendable, Comparable, CaseIterable {
    case booting
    case cloudInit = "cloud-init"
    case applying
    /// The applier has ended; whether well, only the machine can tell.
    case applied

    public static func < (left: BootStage, right: BootStage) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// What a machine has written on its console tells how far its boot is: the furthest that one of its reports tells, and of
    /// everything else only that there is something. Nil when it has written nothing, which some images never do.
    ///
    /// It is the machine's own word. No more hangs on it than when the machine is asked.
    package init?(console text: Substring) {
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"))
        let reports = lines.compactMap { GuestReport(consoleLine: Substring($0)) }
        self = reports.map(BootStage.init).max() ?? .booting
    }

    private init(_ report: GuestReport) {
        self =
            switch report {
            case .cloudInit: .cloudInit
            case .begun, .event: .applying
            case .summary, .failure: .applied
            }
    }
}
