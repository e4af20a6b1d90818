import BundleFormat

/// The command line.
struct ApplyOptions: Hashable {
    enum Command: String, CaseIterable {
        case apply, check, rollback, status, health
    }

    let command: Command
    /// The mounted seed; nil looks in the usual places.
    var seed: String?
    /// The mounted depot; nil looks in the usual place.
    var depot: String?
    var root = "/"
    /// The applier's own directory, below the root.
    var state = GuestLayout.stateDirectory
    /// Where each event is also told, for who sees the machine from outside; nil tells nobody.
    var console: String?
    var isJSON = false
    var isForced = false
    /// Seconds for which started units are watched.
    var patience = 20

    static let help = """
        slipway-apply: makes a machine what its seed says.

        usage: slipway-apply apply|check|rollback|status|health [options]

          apply      places files, installs payloads, starts and restarts what changed
          check      reads every file again and lists what is not as it was placed; changes nothing
          rollback   returns to the bundle that was in force before
          status     says which generation is in force and what waits
          health     says whether every unit runs and every check of the seed succeeds

          --seed DIR     the mounted seed (usual: \(SeedLayout.places.joined(separator: ", then ")))
          --depot DIR    the mounted depot (usual: \(DepotLayout.directory))
          --root DIR     another root, for tests: no program is run (usual: /)
          --state DIR    the record of earlier runs, below the root (usual: \(GuestLayout.stateDirectory))
          --console FILE tells a launcher too what happens, on this terminal or file (usual: nobody)
          --wait SECONDS how long started units are watched (usual: 20)
          --force        replace what was changed by hand without keeping it beside; accept another machine's seed
          --json         one JSON object per line

        exit status: 0 done, also when only payloads are absent; 1 the seed or depot is refused, there is drift, a
        unit failed, or not all is healthy; 2 usage; 3 the machine is at fault, for example a full disk

        """

    /// - Parameter arguments: without the program's name
    init(parsing arguments: [String]) throws(ApplyError) {
        let names = Command.allCases.map(\.rawValue).joined(separator: ", ")
        guard let first = arguments.first else { throw .usage("no command; expected one of \(names)") }
        guard let command = Command(rawValue: first) else {
            throw .usage("\"\(first)\" is no command; expected one of \(names)")
        }
        self.command = command
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": isJSON = true
            case "--force": isForced = true
            case "--seed": seed = try Self.path(after: argument, &rest)
            case "--depot": depot = try Self.path(after: argument, &rest)
            case "--root": root = try Self.path(after: argument, &rest)
            case "--state": state = try Self.statePath(after: argument, &rest)
            case "--console": console = try Self.path(after: argument, &rest)
            case "--wait": patience = try Self.seconds(after: argument, &rest)
            default: throw .usage("\"\(argument)\" is no option of \(first)")
            }
        }
    }

    /// Whether the root is this system's own, so that its programs may be run.
    var isLive: Bool { root.allSatisfy { $0 == "/" } }

    private static func value(after option: String, _ rest: inout ArraySlice<String>) throws(ApplyError) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else { throw .usage("\(option) needs a value") }
        return value
    }

    private static func path(after option: String, _ rest: inout ArraySlice<String>) throws(ApplyError) -> String {
        try value(after: option, &rest)
    }

    private static func statePath(after option: String, _ rest: inout ArraySlice<String>) throws(ApplyError) -> String {
        let value = try value(after: option, &rest)
        do { try PathRule.checkAbsolute(value) } catch { throw .usage("\(option): \(error.description)") }
        return value
    }

    private static func seconds(after option: String, _ rest: inout ArraySlice<String>) throws(ApplyError) -> Int {
        let value = try value(after: option, &rest)
        guard let seconds = Int(value), (0...3600).contains(seconds) else {
            throw .usage("\(option) \"\(value)\": expected 0 to 3600 seconds")
        }
        return seconds
    }
}
