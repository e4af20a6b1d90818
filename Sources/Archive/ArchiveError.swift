public import HostSystem
public import SystemPackage

/// Why an archive, an image or a file could not be written or read; `description` is one sentence for a person.
public enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// libarchive refused; `message` is its `archive_error_string`.
    case library(operation: String, subject: String, message: String)
    /// A system call failed.
    case system(operation: String, subject: String, error: Errno)
    /// A member that may not occur, read or about to be written.
    case refusedMember(archive: String, member: String, reason: String)
    /// Members that were asked for are not in the archive; `known` are some that are.
    case missingMembers(archive: String, members: [String], known: [String])
    /// More than the reader was told to accept.
    case limitExceeded(archive: String, what: String, limit: Int64)
    /// The archive ends too early.
    case truncated(archive: String, detail: String)
    /// The file is no archive of the expected kind.
    case wrongFormat(archive: String, reason: String)
    /// A file that stands where one is to be written is of the wrong kind, for example a symbolic link.
    case inTheWay(path: String, reason: String)
    /// The ISO image libarchive made is not laid out as ISO 9660 and Rock Ridge say.
    case unexpectedImage(reason: String)

    public var description: String {
        switch self {
        case .library(let operation, let subject, let message):
            "cannot \(operation) \(subject): \(message) (libarchive)"
        case .system(let operation, let subject, let error):
            "cannot \(operation) \(subject): \(error)"
        case .refusedMember(let archive, let member, let reason):
            "\(archive): member \"\(member)\" is refused: \(reason)"
        case .missingMembers(let archive, let members, let known):
            "\(archive): the archive has no file \(members.joined(separator: ", ")); "
                + (known.isEmpty ? "it holds no files" : "it holds " + known.joined(separator: ", "))
        case .limitExceeded(let archive, let what, let limit):
            "\(archive): \(what) exceeds the limit of \(limit)"
        case .truncated(let archive, let detail):
            "\(archive): the archive is truncated: \(detail); copy or build it again"
        case .wrongFormat(let archive, let reason):
            "\(archive): \(reason)"
        case .inTheWay(let path, let reason):
            "\(path): \(reason)"
        case .unexpectedImage(let reason):
            "the ISO image made by libarchive is not as expected: \(reason); this is a bug of Slipway or of a new libarchive"
        }
    }
}

extension ArchiveError: SystemFailure {
    public init(_ error: SystemError) {
        // A file that ends early is told apart from one that cannot be read.
        self =
            if let detail = error.detail {
                error.operation == "read"
                    ? .truncated(archive: error.path, detail: detail) : .inTheWay(path: error.path, reason: detail)
            } else {
                .system(operation: error.operation, subject: error.path, error: error.errno)
            }
    }
}

public typealias AtomicFile = HostSystem.AtomicFile<ArchiveError>
public typealias FileCopy = HostSystem.FileCopy<ArchiveError>
