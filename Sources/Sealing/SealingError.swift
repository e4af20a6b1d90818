public import HostSystem
import SystemPackage
import Values

/// Why something could not be sealed or opened; `description` says it in one sentence, `help` what to do.
public enum SealingError: Error, Hashable, Sendable, CustomStringConvertible {
    case notRecipient(String, reason: String)
    case noRecipients(path: String)
    case tooManyRecipients(limit: Int)
    case notIdentity(path: String, reason: String)
    /// Others than its owner can read the private key.
    case exposedIdentity(path: String)
    /// The sealed bytes are not an age file, or not the one that was made.
    case damaged(reason: String)
    /// It was sealed for others.
    case notForThese
    case wrongPassphrase
    /// It is sealed with a passphrase, and keys were given.
    case needsPassphrase
    /// It is sealed for keys, and a passphrase was given.
    case needsIdentity
    /// What it takes to try the passphrase is more than is tried for a file from a stranger.
    case workFactor(Int, limit: Int)
    case emptyPassphrase
    case passphrasesDiffer
    case noTerminal
    case cancelled
    case tooLong(what: String, limit: Int)
    case system(SystemError)

    /// Whether this computer is at fault, rather than what was given.
    public var isEnvironment: Bool {
        switch self {
        case .noTerminal, .cancelled: true
        case .system(let error): error.errno != .noSuchFileOrDirectory
        default: false
        }
    }

    public var description: String {
        switch self {
        case .notRecipient(let text, let reason): "'\(printable(text))' is no recipient: \(reason)"
        case .noRecipients(let path): "\(path) names no recipient"
        case .tooManyRecipients(let limit): "more than \(limit) recipients are named"
        case .notIdentity(let path, let reason): "\(path) is no identity: \(reason)"
        case .exposedIdentity(let path): "\(path) can be read by others than its owner"
        case .damaged(let reason): "the sealed part is damaged: \(reason)"
        case .notForThese: "it is sealed for others: none of the given keys opens it"
        case .wrongPassphrase: "the passphrase does not open it"
        case .needsPassphrase: "it is sealed with a passphrase, and no key opens it"
        case .needsIdentity: "it is sealed for keys, and no passphrase opens it"
        case .workFactor(let found, let limit):
            "trying a passphrase would take 2^\(found) KiB of memory; no more than 2^\(limit) KiB are used for a file that may be a stranger's"
        case .emptyPassphrase: "the passphrase is empty"
        case .passphrasesDiffer: "the two passphrases differ"
        case .noTerminal: "there is no terminal to ask for the passphrase at"
        case .cancelled: "no passphrase was given"
        case .tooLong(let what, let limit): "\(what) is longer than \(limit) bytes"
        case .system(let error): "\(error)"
        }
    }

    public var help: String? {
        switch self {
        case .notRecipient: "expected age1… as age-keygen prints it, 'ssh-ed25519 AAAA…', or a file with such lines"
        case .notIdentity:
            "expected a file of age-keygen, or an OpenSSH private key of type ed25519 that has no passphrase of its own"
        case .exposedIdentity(let path): "chmod 600 \(path)"
        case .damaged: "copy the bundle again"
        case .notForThese, .needsIdentity: "--identity FILE names another key"
        case .needsPassphrase: "--passphrase asks for it"
        case .noTerminal: "--passphrase-file FILE reads it; /dev/stdin is a file too"
        default: nil
        }
    }
}

extension SealingError: SystemFailure {
    public init(_ error: SystemError) { self = .system(error) }
}
