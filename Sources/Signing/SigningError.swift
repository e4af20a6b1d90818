public import HostSystem
import SystemPackage
import Values

/// Why a bundle could not be signed, or is not accepted; `description` says it in one sentence, `help` what to do.
public enum SigningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file beside a bundle.
    case notSignatures(path: String)
    case tooManySignatures(path: String, limit: Int)
    case noKeygen
    /// ssh-keygen did not sign.
    case notSigned(key: String, reason: String)
    case noPolicy(path: String)
    case policyExists(name: String, path: String)
    case noSigner(name: String, path: String)
    case badName(String)
    case notPublicKey(path: String)
    /// A policy is in force, and nothing beside the bundle speaks for it.
    case unsigned(bundle: String, policy: String)
    /// None of the signatures counts; one reason each.
    case rejected(bundle: String, policy: String, reasons: [String])
    case system(SystemError)

    /// Whether this computer is at fault, rather than what was given.
    public var isEnvironment: Bool {
        switch self {
        case .noKeygen: true
        case .system(let error): error.errno != .noSuchFileOrDirectory
        default: false
        }
    }

    public var description: String {
        switch self {
        case .notSignatures(let path): "\(path) holds something else than signatures of ssh-keygen"
        case .tooManySignatures(let path, let limit): "\(path) has more than \(limit) signatures"
        case .noKeygen: "ssh-keygen is not here, and it is what makes and checks signatures"
        case .notSigned(let key, let reason): "ssh-keygen could not sign with \(key): \(printable(reason, limit: 400))"
        case .noPolicy(let path): "there is no file of allowed signers at \(path)"
        case .policyExists(let name, let path): "\(path) names '\(name)' with this key already"
        case .noSigner(let name, let path): "\(path) does not name '\(name)'"
        case .badName(let name): "'\(printable(name))' cannot be the name of a signer"
        case .notPublicKey(let path): "\(path) is not a public key of OpenSSH"
        case .unsigned(let bundle, let policy):
            "\(bundle) is not signed, and \(policy) says who must have signed a bundle that is used here"
        case .rejected(let bundle, let policy, let reasons):
            "nobody whom \(policy) names has signed \(bundle): \(printable(reasons.joined(separator: "; "), limit: 1000))"
        case .system(let error): "\(error)"
        }
    }

    public var help: String? {
        switch self {
        case .notSignatures:
            "get the file anew from where the bundle comes from, or sign again: slipway sign BUNDLE --key FILE"
        case .noKeygen: "install OpenSSH 8.2 or later (Debian: openssh-client)"
        case .noPolicy: "expected a file in the format of ssh-keygen(1), ALLOWED SIGNERS"
        case .badName: "expected a word without spaces, commas and quotes, such as ops@example.org"
        case .notPublicKey: "expected a file such as ~/.ssh/id_ed25519.pub; the private key stays where it is"
        case .unsigned(let bundle, _):
            "put the signature beside it as \(bundle).sig, or ask its maker to run: slipway sign"
        case .noSigner: "slipway trust list shows who is named"
        case .rejected: "slipway trust list shows whom this computer accepts"
        case .tooManySignatures, .notSigned, .policyExists, .system: nil
        }
    }
}

extension SigningError: SystemFailure {
    public init(_ error: SystemError) { self = .system(error) }
}
