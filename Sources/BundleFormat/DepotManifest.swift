public import Values

/// `depot.json` at the root of a depot: which payloads it holds and what was unpacked from them.
///
///     depot.json
///     slipway-apply        the applier again, executable, for a machine to start
///     blobs/sha256/<hex>   a payload as it was fetched, or a file that was unpacked from one
///
/// An archive's own blob may be left out: a machine places its members only. The document tells people and launchers what is there;
/// a machine looks blobs up by the digests that its machine.json names.
public struct DepotManifest: Hashable, Sendable {
    /// The version this code writes and the newest it reads.
    public static let version: Int64 = 1
    /// Where the document stands in a depot.
    public static let path = "depot.json"
    /// The most entries accepted in one list.
    public static let listLimit = 10_000

    public let payloads: [DepotPayload]

    public init(payloads: [DepotPayload]) { self.payloads = payloads }

    /// Parses and checks the document. `reader` names the program in the message about a version from the future.
    public init(parsing bytes: [UInt8], reader: String = GuestLayout.applier) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 16 << 20, depth: 8)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: Self.path, found: version, reader: reader, supported: Self.version)
        }
        try cursor.only(["version", "payloads"])
        payloads = try cursor.required("payloads").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try DepotPayload(decoding: entry)
        }
        var seen: Set<Digest> = []
        for (index, payload) in payloads.enumerated() where !seen.insert(payload.digest).inserted {
            throw .invalidValue(path: "payloads[\(index)].digest", reason: "\(payload.digest) occurs twice")
        }
    }

    public var json: JSONValue {
        ["version": .integer(Self.version), "payloads": .array(payloads.map(\.json))]
    }
}

/// One payload in a depot. Machines find it by its digest; the name is for people.
public struct DepotPayload: Hashable, Sendable {
    public let name: String
    public let digest: Digest
    /// Bytes of the payload itself, whether or not its blob is in the depot.
    public let size: Int64
    /// Sorted bytewise by path, as the writer is expected to give them; empty for anything but archives.
    public let members: [PayloadMember]

    public init(name: String, digest: Digest, size: Int64, members: [PayloadMember] = []) {
        self.name = name
        self.digest = digest
        self.size = size
        self.members = members
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "digest", "size", "members"])
        name = try cursor.required("name").payloadName()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        members = try cursor.optional("members").map(PayloadMember.list) ?? []
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("digest", .string(digest.description)), ("size", .integer(size)),
        ])
        if !members.isEmpty { object["members"] = .array(members.map(\.json)) }
        return .object(object)
    }
}
