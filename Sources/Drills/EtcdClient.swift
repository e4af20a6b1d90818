import HostSystem

/// The few calls of etcd's API (etcd 3.5, api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto) that a watch needs, to one member.
final class EtcdClient {
    typealias Failure = GRPCConnection.Failure

    /// What a member says of itself.
    struct Status: Hashable, Sendable {
        let member: UInt64
        /// 0 when it knows none.
        let leader: UInt64
        let term: UInt64
    }

    /// How the carrier of bytes to the member's client port is started.
    private let command: ExternalCommand
    private let authority: String
    private var connection: GRPCConnection?

    init(_ command: ExternalCommand, authority: String) {
        self.command = command
        self.authority = authority
    }

    func put(_ key: String, _ value: String, within milliseconds: Int) throws(Failure) {
        _ = try call("/etcdserverpb.KV/Put", .bytes(1, key) + .bytes(2, value), milliseconds)
    }

    /// The value as a majority has it; nil when there is none.
    func get(_ key: String, within milliseconds: Int) throws(Failure) -> String? {
        try Self.values(try call("/etcdserverpb.KV/Range", .bytes(1, key), milliseconds)).first?.value
    }

    /// All keys that begin so. `end` is the first key that does not.
    func all(_ prefix: String, to end: String, within milliseconds: Int) throws(Failure) -> [(
        key: String, value: String
    )] {
        try Self.values(try call("/etcdserverpb.KV/Range", .bytes(1, prefix) + .bytes(2, end), milliseconds))
    }

    func delete(_ prefix: String, to end: String, within milliseconds: Int) throws(Failure) {
        _ = try call("/etcdserverpb.KV/DeleteRange", .bytes(1, prefix) + .bytes(2, end), milliseconds)
    }

    /// Puts a value in the place of another one, nil for none.
    ///
    /// - Returns: whether it did, else what it found.
    func swap(
        _ key: String, from old: String?, to new: String, within milliseconds: Int
    ) throws(Failure) -> (done: Bool, found: String?) {
        // Compare: result = EQUAL (0), target = VERSION (0) with version 0 for what is absent, or VALUE (3).
        let condition: [UInt8] =
            if let old { .number(2, 3) + .bytes(3, key) + .bytes(7, old) } else {
                .bytes(3, key) + .number(4, 0, always: true)
            }
        let put: [UInt8] = .bytes(2, .bytes(1, key) + .bytes(2, new))
        let get: [UInt8] = .bytes(1, .bytes(1, key))
        let answer = try call(
            "/etcdserverpb.KV/Txn", .bytes(1, condition) + .bytes(2, put) + .bytes(3, get), milliseconds)
        // TxnResponse: succeeded = 2, responses = 3; ResponseOp: response_range = 1.
        let fields = try Field.all(answer)
        if fields.contains(where: { $0.number == 2 && $0.value == 1 }) { return (true, nil) }
        guard let response = fields.first(where: { $0.number == 3 }),
            let range = try Field.all(response.bytes).first(where: { $0.number == 1 })
        else { throw .noAnswer }
        return (false, try Self.values(range.bytes).first?.value)
    }

    func status(within milliseconds: Int) throws(Failure) -> Status {
        // StatusResponse: header = 1, leader = 4, raftTerm = 6; ResponseHeader: member_id = 2.
        let fields = try Field.all(try call("/etcdserverpb.Maintenance/Status", [], milliseconds))
        let header = try Field.all(fields.first { $0.number == 1 }?.bytes ?? [])
        func number(_ fields: [Field], _ number: UInt64) -> UInt64 { fields.first { $0.number == number }?.value ?? 0 }
        return Status(member: number(header, 2), leader: number(fields, 4), term: number(fields, 6))
    }

    private func call(_ path: String, _ message: [UInt8], _ milliseconds: Int) throws(Failure) -> [UInt8] {
        let open: GRPCConnection
        if let connection {
            open = connection
        } else {
            open = try GRPCConnection(over: command, authority: authority, within: milliseconds)
            connection = open
        }
        do throws(Failure) { return try open.call(path, message, within: milliseconds) } catch {
            // What comes late must not be taken for the next answer.
            if error != .refused { connection = nil }
            throw error
        }
    }

    /// RangeResponse: kvs = 2; KeyValue: key = 1, value = 5.
    private static func values(_ answer: [UInt8]) throws(Failure) -> [(key: String, value: String)] {
        var result: [(key: String, value: String)] = []
        for field in try Field.all(answer) where field.number == 2 {
            let pair = try Field.all(field.bytes)
            func text(_ number: UInt64) -> String {
                String(decoding: pair.first { $0.number == number }?.bytes ?? [], as: UTF8.self)
            }
            result.append((text(1), text(5)))
        }
        return result
    }
}

/// A field of a message in Protocol Buffers' wire format (protobuf.dev, "Encoding").
private struct Field {
    let number: UInt64
    /// Of a varint.
    var value: UInt64 = 0
    /// Of what has a length.
    var bytes: [UInt8] = []

    static func all(_ message: [UInt8]) throws(GRPCConnection.Failure) -> [Field] {
        var rest = message[...]
        func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard let byte = rest.popFirst() else { return nil }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
        var fields: [Field] = []
        while !rest.isEmpty {
            guard let tag = varint() else { throw .noAnswer }
            var field = Field(number: tag >> 3)
            switch tag & 7 {
            case 0:
                guard let value = varint() else { throw .noAnswer }
                field.value = value
            case 2:
                guard let length = varint().flatMap({ Int(exactly: $0) }), length <= rest.count else { throw .noAnswer }
                field.bytes = Array(rest.prefix(length))
                rest = rest.dropFirst(length)
            case 1, 5:
                let length = tag & 7 == 1 ? 8 : 4
                guard rest.count >= length else { throw .noAnswer }
                rest = rest.dropFirst(length)
            default: throw .noAnswer
            }
            fields.append(field)
        }
        return fields
    }
}

extension [UInt8] {
    fileprivate static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    fileprivate static func bytes(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(content.count)) + content
    }

    fileprivate static func bytes(_ number: UInt64, _ text: String) -> [UInt8] { bytes(number, Array(text.utf8)) }

    /// A number that is 0 is not written, unless it says which of several fields is meant.
    fileprivate static func number(_ number: UInt64, _ value: UInt64, always: Bool = false) -> [UInt8] {
        value == 0 && !always ? [] : varint(number << 3) + varint(value)
    }
}
