public import BundleFormat
public import Sealing
public import Values

/// Why a bundle could not be read; `description` names the file and what to do.
public enum BundleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The tar is readable but is no bundle of ours.
    case notABundle(file: String, reason: String)
    /// A document in the bundle cannot be understood.
    case document(file: String, name: String, error: FormatError)
    /// Two documents of the bundle contradict each other.
    case disagreement(file: String, String)
    /// A blob that the bundle names is not in it.
    case missingBlob(file: String, name: String, digest: Values.Digest)
    /// A blob's bytes are not those its name promises.
    case wrongDigest(file: String, name: String, expected: Values.Digest, found: Values.Digest)
    /// A blob has another size than a document says.
    case wrongSize(file: String, name: String, expected: Int64, found: Int64)
    case noMachine(String, known: [String])
    case noFile(machine: String, path: String, nearest: String?)
    /// The bundle was published without its secret part.
    case noSecretPart(file: String)
    /// The secret part is sealed, and no key was given.
    case sealed(file: String)
    /// A key was given, and the sealed part does not open.
    case unopened(file: String, SealingError)
    /// The bundle is sealed, and was to be sealed.
    case sealedAlready(file: String)
    /// The bundle is not sealed, and was to be opened.
    case notSealed(file: String)
    /// The file follows from the secrets file and the bundle has only its public part.
    case notPublic(machine: String, path: String)

    public var description: String {
        switch self {
        case .notABundle(let file, let reason): "\(file): not a Slipway bundle: \(reason)"
        case .document(let file, let name, let error): "\(file): \(name): \(error)"
        case .disagreement(let file, let what):
            "\(file): the bundle contradicts itself: \(printable(what, limit: 1000))"
        case .missingBlob(let file, let name, let digest):
            "\(file): \(name) is missing (\(digest)); copy or build the bundle again"
        case .wrongDigest(let file, let name, let expected, let found):
            "\(file): \(name) is damaged: expected \(expected), found \(found); copy or build the bundle again"
        case .wrongSize(let file, let name, let expected, let found):
            "\(file): \(name) has \(found) bytes, expected \(expected); copy or build the bundle again"
        case .noMachine(let name, let known):
            "there is no machine '\(name)' in the bundle; it has \(known.prefix(20).joined(separator: ", "))"
                + (known.count > 20 ? " and \(known.count - 20) more" : "")
        case .noFile(let machine, let path, let nearest):
            "\(machine) has no file \(path)"
                + (nearest.map { "; did you mean \(machine):\($0)?" } ?? "; 'slipway inspect' lists its files")
        case .noSecretPart(let file): "\(file): the bundle has only its public part; build it with its secrets file"
        case .sealed(let file):
            "\(file): its secret part is sealed; name the key with --identity FILE, or --passphrase"
        case .unopened(let file, let error): "\(file): \(error)"
        case .sealedAlready(let file): "\(file): its secret part is sealed already; open it first: slipway open"
        case .notSealed(let file): "\(file): nothing in it is sealed; it can be used as it is"
        case .notPublic(let machine, let path):
            "\(machine):\(path) follows from the secrets file, and of the bundle only the public part can be read"
        }
    }
}
