import Foundation
import HostSystem
import Launching

/// Has UTM do things, and looks whether it did.
///
/// `utmctl` ends with status 0 whatever becomes of an Apple event, so its status is never looked at: what it printed to its
/// standard error says what UTM refused, and what the list says of a machine afterwards is what counts. `utmctl status` is
/// not asked: it calls a machine not found when an event of its own fails. Machines are found by
/// their name in the list and spoken to by the UUID that stands beside it, because UTM gives a machine another UUID than its
/// configuration has when that one is taken, and lets two machines have one name.
///
/// UTM has nothing to list before its window is there, and asking it starts it. Then the list is empty or an error; what it
/// has it lists all at once. So an empty list is no proof that a machine is gone.
struct UTMControl: Sendable {
    let tool: UTMTool
    let runner: any CommandRunner
    let limits: UTMLimits
    let wait: @Sendable (_ milliseconds: Int) -> Void

    init(
        tool: UTMTool, runner: any CommandRunner, limits: UTMLimits = UTMLimits(),
        wait: @escaping @Sendable (_ milliseconds: Int) -> Void = { Thread.sleep(forTimeInterval: Double($0) / 1000) }
    ) {
        self.tool = tool
        self.runner = runner
        self.limits = limits
        self.wait = wait
    }

    func pause() { wait(limits.pause) }

    // MARK: Ask

    /// Runs a command of `utmctl`.
    ///
    /// - Returns: what it printed, and what it complained of that does not mean the same for every command.
    func ask(_ command: ExternalCommand) throws(LaunchError) -> (output: String, complaint: UTMComplaint?) {
        try Self.judge(try run(command))
    }

    /// Runs a program for as long as it may take.
    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        let result = try runner.run(command.limited(to: limits.command))
        if result.status == 137 { throw LaunchError(.hangs(command: Self.line(command), seconds: limits.command)) }
        return result
    }

    private static func judge(
        _ result: CommandResult
    ) throws(LaunchError) -> (output: String, complaint: UTMComplaint?) {
        let complaint = UTMComplaint(result.errors)
        switch complaint {
        case .notPermitted: throw LaunchError(.notPermitted)
        case .notReachable(let said): throw LaunchError(.notReachable(said: said))
        case nil where result.status >= 128:
            // Where it was not prepared for an answer that did not come.
            throw LaunchError(.notReachable(said: "utmctl was ended by signal \(result.status - 128)"))
        default: return (result.output, complaint)
        }
    }

    /// Runs a command that only asks; what it prints. UTM cannot be spoken to in the moment in which it is started, which is
    /// what asking it does, and says so with one error or another. Silence is another matter: nobody waits twenty times for it.
    private func answer(to command: ExternalCommand) throws(LaunchError) -> String {
        var result = try run(command)
        for _ in 1..<limits.reach {
            guard let complaint = UTMComplaint(result.errors), ![.notPermitted, .unanswered].contains(complaint) else {
                break
            }
            pause()
            result = try run(command)
        }
        let (output, complaint) = try Self.judge(result)
        if complaint == .unanswered { throw LaunchError(.unanswered(command: Self.line(command))) }
        if let complaint { throw LaunchError(.refused(command: Self.line(command), said: complaint.text)) }
        return output
    }

    private static func line(_ command: ExternalCommand) -> String {
        ([String(command.program.split(separator: "/").last ?? "")] + command.arguments.dropFirst())
            .joined(separator: " ")
    }

    /// - Throws: ``UTMError/tooOld(version:)`` and everything that keeps UTM from answering.
    func version() throws(LaunchError) -> UTMVersion {
        let output = try answer(to: tool.version)
        guard let version = UTMVersion(output) else {
            throw LaunchError(.unreadable(command: "utmctl version", output: output))
        }
        guard version >= .least else { throw LaunchError(.tooOld(version: version.description)) }
        return version
    }

    /// All machines that UTM has, whoever made them.
    func list() throws(LaunchError) -> [UTMEntry] {
        let output = try answer(to: tool.list)
        guard let entries = UTMEntry.list(parsing: output) else {
            throw LaunchError(.unreadable(command: "utmctl list", output: output))
        }
        return entries
    }

    /// The list, when UTM has had time to show what it has.
    ///
    /// - Parameter expected: UUIDs that it should have. When the list has other machines only, these are gone.
    /// - Returns: an empty list too, which may be a UTM that shows no window.
    func list(expecting expected: Set<String>) throws(LaunchError) -> [UTMEntry] {
        var entries = try list()
        for look in 0..<limits.settle {
            let isWhole = expected.isSubset(of: entries.map(\.uuid))
            if isWhole || (!entries.isEmpty && look >= limits.gone) { break }
            pause()
            entries = try list()
        }
        return entries
    }

    /// What has become of machines; without those that UTM has no more.
    ///
    /// - Throws: ``UTMError/listsNothing(name:)`` when it lists nothing at all, which is no answer.
    func states(_ entries: [UTMEntry]) throws(LaunchError) -> [String: UTMState] {
        let wanted = Set(entries.map(\.uuid))
        let list = try list(expecting: wanted)
        if list.isEmpty, let first = entries.first { throw LaunchError(.listsNothing(name: first.name)) }
        return Dictionary(list.filter { wanted.contains($0.uuid) }.map { ($0.uuid, $0.state) }) { first, _ in first }
    }

    /// The path of the terminal that is the machine's serial port; nil while it has none.
    func terminal(_ uuid: String) throws(LaunchError) -> String? {
        let lines = try ask(tool.attach(uuid)).output.split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix("PTTY: /") }
        return line.map { String($0.dropFirst("PTTY: ".count)).trimmingSuffix(while: \.isWhitespace) }
    }
}

/// How long UTM may take for what it does, in looks with a pause between them.
struct UTMLimits: Hashable, Sendable {
    /// Seconds for one command. The first one of a session waits for an answer to macOS's question whether this terminal may
    /// control UTM, and an Apple event takes up to two minutes to fail.
    var command = 150
    /// Milliseconds between two looks.
    var pause = 500
    /// Looks until a package that was opened is listed; UTM may have to start first.
    var register = 120
    /// After so many looks in vain the package is opened again.
    var reopen = 20
    /// Looks until a machine is started: firmware and QEMU, not the guest's boot.
    var start = 240
    /// Looks until a machine whose power went off is stopped.
    var force = 40
    /// Looks until a deleted machine is listed no more.
    var delete = 40
    /// Tries to reach UTM, which cannot be spoken to while it starts.
    var reach = 20
    /// Looks until a UTM that lists nothing has had the time to show its window.
    var settle = 30
    /// Looks at a list that lacks a machine and has others, until it is gone.
    var gone = 2
    /// After so many looks at a stopped machine it is told to start again.
    var again = 10

    init() {}

    /// - Parameter environment: may have ``variable``.
    init(environment: [String: String]) {
        if let text = environment[Self.variable], let pause = Int(text), (1...10_000).contains(pause) {
            self.pause = pause
        }
    }

    /// The variable that has the milliseconds between two looks; tests have little time.
    static let variable = "SLIPWAY_UTM_PAUSE"

    /// The seconds that so many looks take.
    func seconds(_ looks: Int) -> Int { looks * pause / 1000 }

    /// The looks that fit into some seconds.
    func looks(_ seconds: Int) -> Int { seconds * 1000 / max(pause, 1) }
}
