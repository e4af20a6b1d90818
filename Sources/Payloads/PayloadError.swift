public import Archive
import BundleFormat
public import DebianPackages
public import HostSystem
public import Registry
public import SystemPackage
public import Values

/// Why a payload could not be found, fetched or put into a depot; `description` says what to do.
public enum PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An address that was given on the command line is neither `https:` nor `file:`.
    case unsupportedAddress(name: String, PayloadAddress.ParseFailure)
    /// The server, the network or curl failed; partly fetched bytes are kept.
    case transfer(name: String, address: String, message: String)
    /// The server answered and has no such file for us.
    case refusedByServer(name: String, address: String, status: Int)
    case wrongDigest(name: String, address: String, expected: Digest, found: Digest)
    case wrongSize(name: String, address: String, expected: Int64, found: Int64)
    /// Upstream does not say the digest of a file where it should, or nobody can believe it.
    case unpublished(name: String, address: String, reason: String)
    /// A file is not what upstream says of it.
    case wrongPublished(name: String, address: String, published: String, expected: String, found: String)
    /// A file is something else than its payload.
    case wrongKind(name: String, expected: String, found: String)
    /// A listing names no release.
    case noRelease(name: String, listing: String)
    /// The disk cannot hold what is to be fetched.
    case noRoom(path: String, needed: Int64, free: Int64)
    /// What the store or a bundle holds is not what it is named after.
    case damaged(name: String, file: String, expected: Digest, found: Digest)
    /// A file of an archive or of the store could not be read or written.
    case archive(ArchiveError)
    case system(operation: String, path: String, error: Errno)
    /// A file or directory that the user or the lock file names cannot be read.
    case unreadable(path: String, error: Errno)
    /// A program that must be installed is not.
    case missingTool(String)
    /// Neither `--store` nor HOME nor XDG_CACHE_HOME says where payloads are kept.
    case noStore
    /// Packages of a distribution could not be found or believed.
    case packages(name: String, DebianError)
    /// Upstream has no fixed address for the payload, and the user gave none.
    case noAddress(name: String, kind: String)
    /// `--from` finds more than one file for a payload.
    case ambiguous(name: String, files: [String])
    /// Payloads that are pinned but nowhere to be found.
    case absent(names: [String])
    /// An image could not be had from its registry.
    case registry(name: String, RegistryError)
    /// A directory that is not a depot stands where one is to be made.
    case inTheWay(path: String)

    /// Whether the machine or the network is at fault, rather than what was asked for.
    public var isEnvironment: Bool {
        switch self {
        case .transfer, .system, .missingTool, .noStore, .noRoom: true
        case .archive(.system): true
        case .registry(_, let error): error.isEnvironment
        case .packages(_, let error): error.isEnvironment
        default: false
        }
    }

    public var description: String {
        switch self {
        case .unsupportedAddress(let name, let failure): "\(name): \(failure)"
        case .transfer(let name, let address, let message):
            "\(name): cannot fetch \(address): \(message); run the command again to go on where it stopped"
        case .refusedByServer(let name, let address, let status):
            "\(name): the server has no \(address) (HTTP status \(status)); check the version in the topology, or "
                + "name another address: slipway lock SPEC --set \(name)=URL"
        case .wrongDigest(let name, let address, let expected, let found):
            "\(name): \(address) is not what the lock file pins: expected \(expected), found \(found); nothing was kept. "
                + "If the new bytes are right, pin them: slipway lock SPEC --refresh \(name)"
        case .wrongSize(let name, let address, let expected, let found):
            "\(name): \(address) is not what the lock file pins: expected \(expected) bytes, found \(found); nothing was "
                + "kept. If the new bytes are right, pin them: slipway lock SPEC --refresh \(name)"
        case .unpublished(let name, let address, let reason):
            "\(name): no digest to compare with at \(address): \(reason). Try again later, or believe what comes: "
                + "slipway lock SPEC \(name) --trust \(name)"
        case .wrongPublished(let name, let address, let published, let expected, let found):
            "\(name): \(address) is not what \(published) says: expected \(expected), found \(found); nothing was kept. "
                + "Somebody or something changed one of the two: try again later or from another network"
        case .wrongKind(let name, let expected, let found):
            "\(name): expected \(expected), found \(found); nothing was kept"
        case .noRelease(let name, let listing):
            "\(name): \(listing) lists no dated release; name a file: --set \(name)=URL"
        case .noRoom(let path, let needed, let free):
            "\(path) needs \(FetchProgress.size(needed)) more, and its disk has \(FetchProgress.size(free)) free; make room "
                + "(slipway store prune SPEC removes what no lock file names), or keep payloads elsewhere with --store DIR"
        case .damaged(let name, let file, let expected, let found):
            "\(name) is damaged in \(file): expected \(expected), found \(found); nothing was placed. "
                + "Remove the file and fetch it again: slipway fetch SPEC"
        case .archive(let error): error.description
        case .registry(let name, let error): "\(name): \(error)"
        case .system(let operation, let path, let error): "cannot \(operation) \(path): \(error)"
        case .unreadable(let path, let error): "cannot read \(path): \(error)"
        case .missingTool(let name): "\(name) is not installed; payloads are fetched with it"
        case .packages(let name, let error): "\(name): \(error)"
        case .noStore:
            "there is no place for payloads: neither XDG_CACHE_HOME nor HOME is set; name one with --store DIR"
        case .noAddress(let name, let kind):
            "\(name): there is no fixed address for this \(kind); give one: --set \(name)=URL or --set \(name)=FILE"
        case .ambiguous(let name, let files):
            "\(name): several files could be it: \(files.joined(separator: ", ")); choose one: --set \(name)=FILE"
        case .absent(let names):
            "\(names.count == 1 ? "a payload is" : "\(names.count) payloads are") not in the store: "
                + "\(names.joined(separator: ", ")); fetch with: slipway fetch SPEC"
        case .inTheWay(let path):
            "\(path) exists and is not a depot; remove it, or choose another name"
        }
    }
}

extension PayloadError: SystemFailure {
    public init(_ error: SystemError) {
        self = .system(operation: error.operation, path: error.path, error: error.errno)
    }
}

extension PayloadError: RegistryFailure {
    public init(_ error: RegistryError) { self = .registry(name: "an image", error) }

    public var registryError: RegistryError? {
        guard case .registry(_, let error) = self else { return nil }
        return error
    }
}

typealias Files = HostSystem.Files<PayloadError>
