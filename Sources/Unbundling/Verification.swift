/// What a verification found.
public struct Verification: Sendable {
    /// One contradiction.
    public struct Failure: Sendable, Hashable {
        /// The document, blob or file it is about.
        public let subject: String
        public let message: String
    }

    public internal(set) var failures: [Failure] = []
    public internal(set) var blobCount = 0
    public internal(set) var fileCount = 0
    /// Payloads that are pinned but not in this bundle; not a failure, a thin bundle has none.
    public internal(set) var absentPayloads: [String] = []
    /// Payloads that no lock file pins, so that nothing vouches for them.
    public internal(set) var unpinnedPayloads: [String] = []

    mutating func fail(_ subject: String, _ message: String) {
        failures.append(Failure(subject: subject, message: message))
    }
}
