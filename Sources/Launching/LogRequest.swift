/// What of a machine's log is wanted.
public struct LogRequest: Hashable, Sendable {
    /// Only this unit's.
    public var unit: String?
    /// Only the last lines.
    public var lines: Int?
    public var follows: Bool
    /// What the machine wrote on its console, instead of its journal.
    public var console: Bool

    /// The command inside the machine that prints it.
    package var journal: [String] {
        ["journalctl", "--no-pager"] + selection
    }

    /// journalctl(1)'s options.
    package var selection: [String] {
        (lines.map { ["--lines=\($0)"] } ?? []) + (unit.map { ["--unit=\($0)"] } ?? [])
            + (follows ? ["--follow"] : [])
    }

    public init(unit: String? = nil, lines: Int? = nil, follows: Bool = false, console: Bool = false) {
        self.unit = unit
        self.lines = lines
        self.follows = follows
        self.console = console
    }
}
