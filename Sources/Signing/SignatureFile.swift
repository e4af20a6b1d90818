import HostSystem
public import SystemPackage

/// The signatures of a bundle, in a file beside it: `ha-1234.tar.sig` beside `ha-1234.tar`.
///
/// Beside it and not in it, so that a bundle that was signed has the digests of one that was not, and that any number of people
/// may sign. The file is text; signatures follow each other.
public struct SignatureFile: Hashable, Sendable {
    public let path: String

    /// Of this many a bundle may have, which bounds how often ssh-keygen is asked.
    public static let countLimit = 16

    /// - Parameter bundle: where it is a link, as `ha.tar` is to the bundle that was built last, the signatures are beside what it leads to.
    public init(beside bundle: FilePath) {
        let place = SystemCalls.target(of: bundle.string).map { bundle.removingLastComponent().pushing(FilePath($0)) }
        path = (place ?? bundle).string + ".sig"
    }

    /// The signatures; none when there is no file.
    ///
    /// - Throws: ``SigningError`` for a file that holds anything else.
    public func read() throws(SigningError) -> [BundleSignature] {
        guard let size = Files<SigningError>.size(of: path) else { return [] }
        guard size <= 256 << 10 else { throw .notSignatures(path: path) }
        guard let bytes = try Files<SigningError>.read(path), let text = String(validating: bytes, as: UTF8.self),
            let signatures = BundleSignature.all(in: text)
        else { throw .notSignatures(path: path) }
        guard signatures.count <= Self.countLimit else { throw .tooManySignatures(path: path, limit: Self.countLimit) }
        return signatures
    }

    /// Adds a signature; one that the same key made before is replaced.
    ///
    /// - Returns: how many there are now.
    @discardableResult
    public func add(_ signature: BundleSignature) throws(SigningError) -> Int {
        let others = try read().filter { $0.fingerprint != signature.fingerprint }
        guard others.count < Self.countLimit else { throw .tooManySignatures(path: path, limit: Self.countLimit) }
        let text = (others + [signature]).map(\.armoured).joined()
        try Files<SigningError>.write(Array(text.utf8), to: path, mode: 0o644)
        return others.count + 1
    }
}
