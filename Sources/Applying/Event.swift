import BundleFormat

/// One thing that happened, as a line of text or a line of JSON.
struct Event: Hashable {
    let verb: String
    let subject: String
    let detail: String?

    init(_ verb: String, _ subject: String, _ detail: String? = nil) {
        self.verb = verb
        self.subject = subject
        self.detail = detail
    }

    /// `placed /etc/hosts`, `waiting: etcd (payload absent)`: a colon after what is not an act.
    var text: String {
        let isState = ["waiting", "starting", "failed", "drift", "pending"].contains(verb)
        return verb + (isState ? ": " : " ") + subject + (detail.map { " (\($0))" } ?? "")
    }

    /// `{"detail":…,"event":"placed","subject":"/etc/hosts"}`
    var json: JSONValue {
        var object = JSONObject([("event", .string(verb)), ("subject", .string(subject))])
        object["detail"] = detail.map { .string($0) }
        return .object(object)
    }

    /// The same for `status`.
    var difference: AppliedState.Difference { AppliedState.Difference(subject: subject, detail: detail) }

    // MARK: Files
    static func made(_ path: String) -> Event { Event("made", path) }
    static func placed(_ path: String, _ note: String?) -> Event { Event("placed", path, note) }
    static func corrected(_ path: String, _ what: String) -> Event { Event("corrected", path, what) }
    static func removed(_ path: String, _ note: String?) -> Event { Event("removed", path, note) }
    static func restored(_ path: String) -> Event { Event("restored", path) }
    static func saved(_ path: String, as name: String) -> Event {
        Event("saved", path, "as \(name): it had been changed")
    }
    static func recovered(_ generation: Int) -> Event {
        Event("recovered", "generation \(generation)", "an interrupted run was taken back")
    }

    // MARK: Other programs
    static func createdGroup(_ name: String) -> Event { Event("created", "group \(name)") }
    static func createdUser(_ name: String) -> Event { Event("created", "user \(name)") }
    static func installed(_ package: String) -> Event { Event("installed", package) }
    static func imported(_ image: String) -> Event { Event("imported", image) }
    static func unit(_ verb: String, _ name: String, _ detail: String? = nil) -> Event { Event(verb, name, detail) }

    // MARK: States
    static func waiting(_ payload: WaitingPayload) -> Event { Event("waiting", payload.name, payload.reason) }
    static func drift(_ subject: String, _ what: String) -> Event { Event("drift", subject, what) }
}

/// The last line of `apply` and `rollback`.
struct Outcome: Hashable {
    let generation: Int
    let changed: Int
    let removed: Int
    let unchanged: Int
    /// Payloads that cannot be had yet.
    let waiting: [String]
    /// Units and images that did not come up.
    let failed: [String]

    var exitCode: ApplyError.ExitCode { failed.isEmpty ? .done : .refused }

    /// `generation 3: 2 changed, 1 removed, 25 unchanged`
    var text: String {
        var text = "generation \(generation): \(changed) changed, \(removed) removed, \(unchanged) unchanged"
        if !waiting.isEmpty { text += ", \(waiting.count) waiting" }
        if !failed.isEmpty { text += ", \(failed.count) failed" }
        return text
    }

    var json: JSONValue {
        [
            "event": "summary", "generation": .integer(Int64(generation)), "changed": .integer(Int64(changed)),
            "removed": .integer(Int64(removed)), "unchanged": .integer(Int64(unchanged)), "waiting": .strings(waiting),
            "failed": .strings(failed),
        ]
    }

    /// One entry for each payload, though several of its members wait.
    static func merged(_ waiting: [WaitingPayload]) -> [WaitingPayload] {
        var merged: [WaitingPayload] = []
        for payload in waiting {
            if let index = merged.firstIndex(where: { $0.name == payload.name }) {
                merged[index] = WaitingPayload(
                    name: payload.name, reason: merged[index].reason, causes: merged[index].causes.union(payload.causes)
                )
            } else {
                merged.append(payload)
            }
        }
        return merged
    }
}
