public import BundleFormat
public import Values

/// What `slipway-apply status --json` says of a machine.
public struct AppliedState: Hashable, Sendable {
    /// 0 before the first run.
    public let generation: Int64
    /// Digest of the machine.json that was applied; nil before the first run.
    public let manifest: Digest?
    /// Whether a run was cut short or owes a restart.
    public let isUnfinished: Bool
    /// Payloads that the machine lacks.
    public let waiting: [String]
    /// What is no longer as it was placed, a line each.
    public let drift: [String]
    /// Units that are not as they should be, a line each.
    public let units: [String]

    /// Parses the one line of JSON. Members that are not known are left alone: the applier may be newer.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 16 << 20, depth: 8)))
        generation = try cursor.required("generation").integer(in: 0 ... .max)
        manifest = try cursor.optional("manifest")?.digest()
        let interrupted = try cursor.optional("interrupted")?.bool() ?? false
        let pending = try cursor.optional("pending")?.bool() ?? false
        isUnfinished = interrupted || pending
        waiting = try cursor.entries("waiting", limit: 10_000) { (entry) throws(FormatError) in try entry.name() }
        drift = try cursor.entries("drift", limit: 10_000) { (entry) throws(FormatError) in try Self.line(entry) }
        units = try cursor.entries("units", limit: 10_000) { (entry) throws(FormatError) in try Self.line(entry) }
    }

    private static func line(_ event: JSONCursor) throws(FormatError) -> String {
        let subject = try event.required("subject").string()
        return try event.optional("detail").map { (detail) throws(FormatError) in "\(subject): \(try detail.string())" }
            ?? subject
    }
}
