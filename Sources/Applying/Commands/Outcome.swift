import BundleFormat

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
