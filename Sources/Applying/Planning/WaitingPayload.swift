/// A payload that cannot be had yet, so that what needs it waits.
struct WaitingPayload: Hashable {
    let name: String
    /// In words: `absent from the depot`.
    let reason: String
    /// What a unit's `restartOn` may call it: its name, or the path it is placed at.
    let causes: Set<String>
}
