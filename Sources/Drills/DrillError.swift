import Diagnostics
public import HostSystem
public import Launching

/// Why a drill was not begun, or not brought to its end; each says what to do next.
public enum DrillError: Error, Sendable, CustomStringConvertible {
    case noDrills(directory: String)
    case noDrill(name: String, known: [String])
    case unreadable(file: String, String)
    /// Another drill is at work on the instance.
    case busy(instance: String)
    /// One was interrupted, and what it broke is broken still.
    case unhealed(drill: String, instance: String)
    case unhealthy([String])
    /// What the machines or what runs them cannot do.
    case refused(drill: String, reason: String)
    case unwatchable(String)
    case interrupted(drill: String)
    case notHealed(machine: String, reason: String, instance: String)
    case launching(LaunchError)
    case system(SystemError)

    /// Whether this host or its machines are at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .noDrills, .noDrill, .unreadable, .refused: false
        case .launching(let error): error.isEnvironment
        default: true
        }
    }

    public var description: String {
        switch self {
        case .noDrills(let directory):
            "there are no drills in \(directory). Name their directory with --drills DIR, or a file with --file."
        case .noDrill(let name, let known):
            "there is no drill '\(name)'. " + (Suggestion.help(for: name, among: known))
        case .unreadable(let file, let reason): "cannot read \(file): \(reason)"
        case .busy(let instance): "another drill is at work on '\(instance)'. Wait for it to end."
        case .unhealed(let drill, let instance):
            "the drill '\(drill)' was interrupted, and what it broke may be broken still. First: slipway drill heal \(instance)"
        case .unhealthy(let complaints):
            "the cluster is not healthy, and then no drill tells anything:\n       "
                + complaints.joined(separator: "\n       ")
        case .refused(let drill, let reason): "'\(drill)' cannot be done here: \(reason)"
        case .unwatchable(let reason): "nobody could watch the drill: \(reason)"
        case .interrupted(let drill): "'\(drill)' was interrupted; what it broke is healed"
        case .notHealed(let machine, let reason, let instance):
            "\(machine) is not healed: \(reason). Try again: slipway drill heal \(instance)"
        case .launching(let error): "\(error)"
        case .system(let error): "cannot \(error.operation) \(error.path): \(error.reason)"
        }
    }
}

extension DrillError: SystemFailure {
    public init(_ error: SystemError) { self = .system(error) }
}
