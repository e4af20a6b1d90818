import ClusterModel
public import Values

/// The time in which a certificate is valid, both ends included (RFC 5280, 4.1.2.5).
public struct Validity: Sendable, Hashable {
    public let notBefore: Timestamp
    public let notAfter: Timestamp

    /// - Throws: `PKIError.timestampOutOfRange` outside of the years 1970 to 9999, `PKIError.emptyValidity` unless
    ///   `notAfter` is later than `notBefore`.
    public init(notBefore: Timestamp, notAfter: Timestamp) throws(PKIError) {
        for end in [notBefore, notAfter] where !end.isRepresentable { throw .timestampOutOfRange(end) }
        guard notBefore < notAfter else { throw .emptyValidity(notBefore: notBefore, notAfter: notAfter) }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether this time lies within the other.
    public func isWithin(_ other: Validity) -> Bool { other.notBefore <= notBefore && notAfter <= other.notAfter }
}

extension Validity: CustomStringConvertible {
    public var description: String { "from \(notBefore) to \(notAfter)" }
}
