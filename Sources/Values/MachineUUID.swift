/// A machine's UUID, derived from names so that the same cluster has the same machines everywhere.
public struct MachineUUID: Sendable, Hashable {
    private let bytes: [UInt8]

    /// Makes an RFC 9562 version 8 UUID (custom, here: the head of a SHA-256) from 16 bytes of a digest.
    public init(digest: some Sequence<UInt8>) {
        var bytes = Array(digest.prefix(16))
        bytes += [UInt8](repeating: 0, count: 16 - bytes.count)
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        self.bytes = bytes
    }

    /// Parses 8, 4, 4, 4 and 12 hexadecimal digits with dashes between them, in either case.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == Self.groups else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            var rest = part.utf8[...]
            while let high = rest.popFirst(), let low = rest.popFirst() {
                guard let high = Hexadecimal.digit(high), let low = Hexadecimal.digit(low) else { return nil }
                bytes.append(high << 4 | low)
            }
        }
        self.bytes = bytes
    }

    private static let groups = [8, 4, 4, 4, 12]

    /// Lower case with dashes, as RFC 9562 and Linux tools write it.
    public var lowercased: String { description.lowercased() }
}

extension MachineUUID: CustomStringConvertible {
    /// Upper case with dashes, as Apple's tools write it.
    public var description: String {
        let hex = Hexadecimal.text(bytes).uppercased()
        var rest = hex[...]
        return Self.groups.map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }.joined(separator: "-")
    }
}
