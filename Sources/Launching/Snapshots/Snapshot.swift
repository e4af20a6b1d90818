public import BundleFormat
public import Values

/// The disks of all machines of an instance, as they were at one moment.
public struct Snapshot: Hashable, Sendable {
    public let name: String
    /// What the machines had been made from; with another bundle their disks and seeds would not belong together.
    public let bundleDigest: Digest
    /// RFC 3339.
    public let taken: String
    /// False while it is taken, and after that was cut short.
    public let isComplete: Bool

    public init(name: String, bundleDigest: Digest, taken: String, isComplete: Bool) {
        self.name = name
        self.bundleDigest = bundleDigest
        self.taken = taken
        self.isComplete = isComplete
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        name = try cursor.required("name").name()
        bundleDigest = try cursor.required("bundleDigest").digest()
        taken = try cursor.required("taken").string()
        isComplete = try cursor.required("complete").bool()
    }

    public var json: JSONValue {
        [
            "name": .string(name), "bundleDigest": .string("\(bundleDigest)"), "taken": .string(taken),
            "complete": .bool(isComplete),
        ]
    }

    var finished: Snapshot { Snapshot(name: name, bundleDigest: bundleDigest, taken: taken, isComplete: true) }
}
