public import HostSystem
public import Values

/// Why an image could not be had from a registry; `description` says what to do.
public enum RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A program that must be installed is not.
    case missingTool(String)
    case system(SystemError)
    /// The server, the network or curl failed; what has arrived is kept.
    case transfer(address: String, message: String)
    /// The same of what was being sent.
    case sending(address: String, message: String)
    /// A manifest that no registry takes.
    case tooLarge(image: String, size: Int, limit: Int)
    /// The registry knows no such image, tag or blob.
    case notFound(image: String, address: String)
    /// The registry answered with this HTTP status; `reason` is its own word, if it gave one.
    case refused(address: String, status: Int, reason: String)
    /// The registry gives the image to those whom it knows.
    case unauthorized(image: String, host: String, hadCredentials: Bool)
    /// The answer is not what the OCI distribution or image specification says.
    case badAnswer(address: String, reason: String)
    /// The bytes are not those that were asked for.
    case wrongDigest(address: String, expected: Digest, found: Digest)
    /// The index has no image for the architecture.
    case noPlatform(image: String, wanted: Architecture, offered: [String])
    /// The image is for another system.
    case wrongPlatform(image: String, wanted: Architecture, found: String)
    /// It is something, but no image that a container can be started from.
    case notAnImage(image: String, reason: String)
    /// The user's own configuration of registries or credentials.
    case badConfiguration(file: String, reason: String)
    /// A program that keeps credentials failed.
    case credentialHelper(program: String, reason: String)

    /// Whether the machine or the network is at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .missingTool, .system, .transfer, .sending, .badConfiguration, .credentialHelper: true
        case .refused(_, let status, _): status == 429 || status >= 500
        default: false
        }
    }

    /// Whether another server that has the same may do better.
    var invitesAnother: Bool {
        switch self {
        case .transfer, .notFound, .refused, .unauthorized, .badAnswer, .wrongDigest: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .missingTool(let name): "\(name) is not installed; images are fetched with it"
        case .system(let error): error.description
        case .transfer(let address, let message):
            "cannot fetch \(address): \(message); run the command again to go on where it stopped"
        case .sending(let address, let message):
            "cannot send to \(address): \(message); run the command again: what has arrived is not sent again"
        case .tooLarge(let image, let size, let limit):
            "a manifest of \(image) has \(size) bytes, and registries take \(limit): copy the file itself"
        case .notFound(let image, let address):
            "the registry has no \(image) (\(address)); check the name and the version, or whether it is private"
        case .refused(let address, let status, let reason):
            "\(address) answers with HTTP status \(status)\(reason.isEmpty ? "" : ": \(reason)")"
                + (status == 429 ? "; wait, or log in with: docker login" : "")
        case .unauthorized(let image, let host, let hadCredentials):
            hadCredentials
                ? "\(host) does not let the user whom ~/.docker/config.json names do that with \(image); log in as another: docker login \(host)"
                : "\(host) lets only those do that with \(image) who log in: docker login \(host)"
        case .badAnswer(let address, let reason): "\(address) gives no valid answer: \(reason)"
        case .wrongDigest(let address, let expected, let found):
            "\(address) is not what its digest says: expected \(expected), found \(found); nothing was kept"
        case .noPlatform(let image, let wanted, let offered):
            "\(image) is not made for linux/\(wanted.rawValue); there is "
                + (offered.isEmpty ? "nothing in it" : offered.joined(separator: ", "))
        case .wrongPlatform(let image, let wanted, let found):
            "\(image) is for \(found), not for linux/\(wanted.rawValue)"
        case .notAnImage(let image, let reason): "\(image) is no container image: \(reason)"
        case .badConfiguration(let file, let reason): "\(file): \(reason)"
        case .credentialHelper(let program, let reason):
            "\(program), which ~/.docker/config.json names for credentials, failed: \(reason)"
        }
    }
}

extension RegistryError: RegistryFailure {
    public init(_ error: SystemError) { self = .system(error) }
    public init(_ error: RegistryError) { self = error }
    public var registryError: RegistryError? { self }
}

/// An error of a module that hands blobs on: it has a case for what goes wrong with the registry.
public protocol RegistryFailure: SystemFailure {
    init(_ error: RegistryError)
    /// Nil when something else went wrong.
    var registryError: RegistryError? { get }
}
