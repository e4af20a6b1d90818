public import Values

/// The packing list of an export: every blob of a bundle and of its payloads, and which of them are carried. All parts of an export have
/// the same one, and where each blob lies in which part follows from it and from nothing else.
public struct PackingList: Hashable, Sendable {
    public static let version: Int64 = 1
    /// The most blobs that are read.
    public static let listLimit = 100_000
    /// The most bytes of a blob: what a plain header of a tar can say.
    public static let blobLimit: Int64 = (8 << 30) - 1

    /// A blob that the other side needs.
    public struct Entry: Hashable, Sendable {
        public let digest: Digest
        /// Bytes.
        public let size: Int64
        /// Whether it is in the export; else the other side has it already.
        public let isCarried: Bool
        /// The payload that it belongs to; nil for a blob of the bundle itself.
        public let payload: String?

        public init(digest: Digest, size: Int64, isCarried: Bool, payload: String? = nil) {
            self.digest = digest
            self.size = size
            self.isCarried = isCarried
            self.payload = payload
        }
    }

    /// The cluster's name.
    public let cluster: String
    /// The time of every member of every tar.
    public let epoch: Timestamp
    /// The bundle's digest, which is that of its own image index.
    public let bundle: Digest
    /// The bundle that the other side has, where the export was made for somebody who has one.
    public let since: Digest?
    /// No part has this many bytes; nil for an export in one part.
    public let partSize: Int64?
    /// The bundle's own, in the order of its file; the last is what `index.json` names: the bundle's index, or that of a sealed one.
    public let blobs: [Entry]
    /// Those of the payloads that are none of the bundle's own.
    public let payloads: [Entry]

    public init(
        cluster: String, epoch: Timestamp, bundle: Digest, since: Digest?, partSize: Int64?, blobs: [Entry],
        payloads: [Entry]
    ) {
        self.cluster = cluster
        self.epoch = epoch
        self.bundle = bundle
        self.since = since
        self.partSize = partSize
        self.blobs = blobs
        self.payloads = payloads
    }

    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(depth: 4)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(
                document: "the packing list", found: version, reader: "slipway", supported: Self.version)
        }
        try cursor.only(["version", "cluster", "epoch", "bundle", "since", "partSize", "blobs", "payloads"])
        cluster = try cursor.required("cluster").dnsLabel()
        epoch = try cursor.required("epoch").timestamp()
        bundle = try cursor.required("bundle").digest()
        since = try cursor.optional("since")?.digest()
        partSize = try cursor.optional("partSize")?.integer(in: 1...(1 << 50))
        blobs = try cursor.required("blobs").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try Entry(decoding: entry, isPayload: false)
        }
        payloads = try cursor.required("payloads").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try Entry(decoding: entry, isPayload: true)
        }
        try FormatError.refuseRepeated((blobs + payloads).map(\.digest), in: "blobs", member: "digest")
        guard let index = blobs.first(where: { $0.digest == bundle }), index.isCarried, index.size <= 1 << 20 else {
            throw .invalidValue(path: "blobs", reason: "expected the bundle's index among them")
        }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)), ("epoch", .string("\(epoch)")),
            ("bundle", .string("\(bundle)")), ("blobs", .array(blobs.map(\.json))),
            ("payloads", .array(payloads.map(\.json))),
        ])
        object["since"] = since.map { .string("\($0)") }
        object["partSize"] = partSize.map { .integer($0) }
        return .object(object)
    }

    /// The one spelling; its digest is the export's name.
    public var encoded: [UInt8] { CanonicalJSON.encode(json, capacity: 512 + 160 * (blobs.count + payloads.count)) }

    /// What lies in the parts, in order: all that is carried but the bundle's index, which each part has.
    public var cargo: [Entry] { (blobs + payloads).filter { $0.isCarried && $0.digest != bundle } }

    /// Bytes of the bundle's index.
    public var indexSize: Int64 { blobs.first { $0.digest == bundle }?.size ?? 0 }

    /// What the bundle's file is called.
    public var fileName: String {
        ImageLayout.fileName(cluster: cluster, digest: bundle, isSealed: blobs.last?.digest != bundle)
    }
}

extension PackingList.Entry {
    fileprivate init(decoding cursor: JSONCursor, isPayload: Bool) throws(FormatError) {
        try cursor.only(isPayload ? ["digest", "size", "absent", "payload"] : ["digest", "size", "absent"])
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0...PackingList.blobLimit)
        if let absent = try cursor.optional("absent"), try !absent.bool() {
            throw absent.refused("expected true, or nothing")
        }
        isCarried = try cursor.optional("absent") == nil
        payload = isPayload ? try cursor.required("payload").payloadName() : nil
    }

    fileprivate var json: JSONValue {
        var object = JSONObject([("digest", .string("\(digest)")), ("size", .integer(size))])
        if !isCarried { object["absent"] = true }
        object["payload"] = payload.map { .string($0) }
        return .object(object)
    }
}

extension BundleDescription {
    /// A blob of a payload: the payload itself, or where it is several files (an image, packages) one of them.
    public struct PayloadBlob: Hashable, Sendable {
        /// The payload's name.
        public let payload: String
        public let digest: Digest
        /// Bytes; nil where no document says.
        public let size: Int64?
    }

    /// What a bundle holds that holds all its payloads: each blob once, in the order of the payloads. Files that machines place out of an
    /// archive are not among them, they are unpacked from it.
    public var payloadBlobs: [PayloadBlob] {
        var members: [String: [PayloadMember]] = [:]
        for payload in configurations.lazy.flatMap(\.payloads) where payload.kind == .image || payload.kind == .deb {
            if let listed = payload.members { members[payload.name] = listed }
        }
        var seen: Set<Digest> = []
        return payloads.flatMap { payload -> [PayloadBlob] in
            guard let digest = payload.digest else { return [] }
            guard let members = members[payload.name] else {
                return [PayloadBlob(payload: payload.name, digest: digest, size: payload.size)]
            }
            return members.map { PayloadBlob(payload: payload.name, digest: $0.digest, size: $0.size) }
        }.filter { seen.insert($0.digest).inserted }
    }
}
