import BundleFormat

/// The events of this program, each in its one wording.
typealias Event = GuestEvent

extension GuestEvent {
    /// The same for `status`.
    var difference: AppliedState.Difference { AppliedState.Difference(subject: subject, detail: detail) }

    // MARK: Files
    static func made(_ path: String) -> Event { Event(.made, path) }
    static func placed(_ path: String, _ note: String?) -> Event { Event(.placed, path, note) }
    static func corrected(_ path: String, _ what: String) -> Event { Event(.corrected, path, what) }
    static func removed(_ path: String, _ note: String?) -> Event { Event(.removed, path, note) }
    static func restored(_ path: String) -> Event { Event(.restored, path) }
    static func saved(_ path: String, as name: String) -> Event {
        Event(.saved, path, "as \(name): it had been changed")
    }
    static func recovered(_ generation: Int) -> Event {
        Event(.recovered, "generation \(generation)", "an interrupted run was taken back")
    }

    // MARK: Other programs
    static func createdGroup(_ name: String) -> Event { Event(.created, "group \(name)") }
    static func createdUser(_ name: String) -> Event { Event(.created, "user \(name)") }
    static func installed(_ package: String) -> Event { Event(.installed, package) }
    static func imported(_ image: String) -> Event { Event(.imported, image) }
    static func unit(_ verb: Verb, _ name: String, _ detail: String? = nil) -> Event { Event(verb, name, detail) }

    // MARK: States
    static func waiting(_ payload: WaitingPayload) -> Event { Event(.waiting, payload.name, payload.reason) }
    static func drift(_ subject: String, _ what: String) -> Event { Event(.drift, subject, what) }
}

extension ApplySummary {
    var exitCode: ApplyError.ExitCode { failed.isEmpty ? .done : .refused }
}
