import BundleFormat

/// What a machine says about itself, asked by one command.
struct MachineProbe: Hashable {
    var cloudInit = MachineStatus.CloudInit.unknown
    /// As systemd has it.
    var applier: String?
    var failedUnits: [String] = []
    var applied: AppliedState?
    var health: HealthReport?
    /// Whether its applier has no such question: it is the one of the bundle, which may be older than this program.
    var hasOldApplier = false

    /// The command inside the machine. With `brief` it says no more than what tells whether the machine is done, since
    /// asking takes time from its work.
    ///
    /// - Parameter seconds: when the machine itself ends it. Where SSH is cut off the command would go on, and on a machine that is
    ///   slow the questions would pile up until it did nothing but answer them.
    static func arguments(brief: Bool, seconds: Int) -> [String] {
        ["timeout", "-s", "KILL", "\(seconds)", "sh", "-c", script, "sh", brief ? "brief" : "full"]
    }

    /// cloud-init writes `result.json` when its last stage ends; it lists errors. On a machine to which everything was applied once it is
    /// disabled: that stage is left out of the first boot already, and all of them of later ones.
    private static let script = """
        echo @cloud-init
        if [ -e /etc/cloud/cloud-init.disabled ]; then echo disabled
        else cat /run/cloud-init/result.json 2>/dev/null || [ "$1" = full ] || exit 0; fi
        echo; echo @units
        units=$(systemctl list-units --all --state=failed,activating,deactivating,reloading --plain --no-legend --no-pager)
        echo "$units"
        case "$1 $units" in "brief "*"\(GuestLayout.applierUnit) loaded activating"*) exit 0 ;; esac
        echo @applied
        \(DepotLayout.applier) status --json
        echo; echo @health
        \(DepotLayout.applier) health --json || [ $? != 2 ] || echo @old
        """

    /// The most bytes that a machine may answer: what its reports take at most, and as much again for the lists of systemd.
    static let outputLimit = 2 * (AppliedState.byteLimit + HealthReport.byteLimit)

    init() {}

    /// Reads the command's output. A machine that stops meanwhile says only the beginning.
    init(parsing output: String) {
        var section = ""
        var texts: [String: [Substring]] = [:]
        for line in output.split(separator: "\n") {
            if line.hasPrefix("@") {
                section = String(line)
                texts[section] = []
            } else {
                texts[section]?.append(line)
            }
        }
        if let lines = texts["@cloud-init"] { cloudInit = Self.cloudInit(lines.joined()) }
        for line in texts["@units"] ?? [] { readUnit(line) }
        applied = texts["@applied"].flatMap { try? AppliedState(parsing: Array($0.joined().utf8)) }
        hasOldApplier = texts["@old"] != nil
        health = texts["@health"].flatMap { try? HealthReport(parsing: Array($0.joined().utf8)) }
    }

    private static func cloudInit(_ text: String) -> MachineStatus.CloudInit {
        guard !text.isEmpty else { return .running }
        if text == "disabled" { return .done }
        let cursor = (try? JSONParser.parse(Array(text.utf8))).map { JSONCursor($0) }
        let errors = try? cursor?.required("v1").entries(
            "errors", limit: 10_000, { (entry) throws(FormatError) in try entry.string() })
        return errors?.isEmpty == true ? .done : .failed
    }

    /// `UNIT LOAD ACTIVE SUB DESCRIPTION`
    private mutating func readUnit(_ line: Substring) {
        let columns = line.split(separator: " ").map(String.init)
        guard columns.count > 2 else { return }
        if columns[0] == GuestLayout.applierUnit { applier = columns[2] }
        if columns[2] == "failed" { failedUnits.append(columns[0]) }
    }
}
