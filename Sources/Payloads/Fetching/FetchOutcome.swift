/// How a payload came into the store.
public enum FetchOutcome: String, Hashable, Sendable {
    /// It was there.
    case present
    case fetched
    /// A part was there from an earlier run.
    case resumed
    /// Copied from a file.
    case copied
}
