public import BundleFormat
public import HostSystem
import Payloads
import SystemPackage
import Values

/// Why something could not be exported or imported; `description` says what is wrong and where, and what to do.
public enum CarryingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file is neither a bundle nor a part of an export.
    case notCarried(file: String, reason: String)
    case document(file: String, name: String, FormatError)
    /// A part says one thing here and another there, or holds what its list does not name.
    case disagreement(file: String, String)
    /// A line of a list of digests is none.
    case notADigest(file: String, line: Int)
    /// Parts of this size cannot hold what every part has.
    case partTooSmall(size: Int64, least: Int64)
    case tooManyParts(size: Int64, limit: Int)
    /// Two pieces in one part have the same bytes, which an image layout cannot say.
    case samePieces(size: Int64)
    case blobTooLarge(name: String, size: Int64)
    case noRoom(path: String, needed: Int64, free: Int64)
    /// The medium's file system takes no file of this size.
    case fileTooLarge(path: String, size: Int64, limit: Int64)
    /// What the store or a bundle holds is not what it is named after.
    case damagedSource(name: String, file: String)
    /// All pieces are as they were packed, and yet they are not the blob.
    case wrongBlob(name: String)
    /// What was put together from an export is no bundle.
    case notABundle(cluster: String, reason: String)
    case system(SystemError)

    public var isEnvironment: Bool {
        switch self {
        case .noRoom, .fileTooLarge: true
        case .system(let error): error.errno != .noSuchFileOrDirectory
        default: false
        }
    }

    public var description: String {
        switch self {
        case .notCarried(let file, let reason):
            "\(file) is neither a bundle nor a part of an export: \(printable(reason, limit: 400))"
        case .document(let file, let name, let error): "\(file): \(name): \(error)"
        case .disagreement(let file, let what): "\(file): \(printable(what, limit: 1000))"
        case .notADigest(let file, let line):
            "\(file):\(line): expected sha256: and 64 hexadecimal digits, as slipway store list --digests prints them"
        case .partTooSmall(let size, let least):
            "parts of \(size) bytes are too small: each has a list of all that is carried; expected at least \(least)"
        case .tooManyParts(let size, let limit):
            "with \(size) bytes a part there would be more than \(limit) parts; choose a larger --split"
        case .samePieces(let size):
            "cut at \(size) bytes, two pieces in one part would have the same bytes; choose another --split"
        case .blobTooLarge(let name, let size): "\(name) has \(size) bytes, expected at most \(PackingList.blobLimit)"
        case .noRoom(let path, let needed, let free):
            "\(path) needs \(FetchProgress.size(needed)), and its disk has \(FetchProgress.size(free)) free"
        case .fileTooLarge(let path, let size, let limit):
            "\(path) is on a file system that takes files of \(limit) bytes at most, and this would be one of \(size)"
        case .damagedSource(let name, let file): "\(name) is damaged in \(file)"
        case .wrongBlob(let name): "\(name) was damaged already when it was exported; export it again"
        case .notABundle(let cluster, let reason):
            "what the export of \(cluster) holds is not a whole bundle: \(printable(reason, limit: 400))"
        case .system(let error): "\(error)"
        }
    }

    public var help: String? {
        switch self {
        case .noRoom: "make room, or choose another disk; nothing was written"
        case .fileTooLarge: "cut it with --split 4GiB"
        case .damagedSource: "slipway store verify --remove, then fetch the payload or build the bundle again"
        default: nil
        }
    }
}

extension CarryingError: SystemFailure {
    public init(_ error: SystemError) { self = .system(error) }
}

typealias Files = HostSystem.Files<CarryingError>
