/// The content of the secrets file: 32 random bytes from which every key of a cluster derives.
///
/// Printing, dumping or interpolating it shows `<redacted>`; there is no way to read the bytes back.
public struct MasterSecret: Sendable {
    /// The length of the secret in bytes.
    public static let byteCount = 32

    let bytes: [UInt8]

    /// Takes exactly 32 bytes.
    ///
    /// - Throws: `PKIError.secretLength` for any other count.
    public init(bytes: [UInt8]) throws(PKIError) {
        guard bytes.count == Self.byteCount else { throw .secretLength(bytes.count) }
        self.bytes = bytes
    }
}

extension MasterSecret: Redacted {}
