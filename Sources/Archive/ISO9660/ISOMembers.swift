import BundleFormat
import Values

/// A member as the directories of an image describe it: everything but its bytes.
struct ISOMember {
    /// What a member is.
    enum Kind: Equatable {
        case directory
        /// `content` is the number by which the caller knows the content. No two members share a place in the image:
        /// libarchive takes that for a hard link.
        case file(content: Int, size: Int64)
    }

    let path: String
    let kind: Kind
    let permissions: Permissions
    let userID: UInt32
    let groupID: UInt32

    init(path: String, kind: Kind, permissions: Permissions, userID: UInt32 = 0, groupID: UInt32 = 0) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.userID = userID
        self.groupID = groupID
    }

    var isDirectory: Bool { kind == .directory }
}

/// Where a content that is not empty lies in an image.
public struct ISOExtent: Hashable, Sendable {
    /// The number of the file in the caller's list.
    public let content: Int
    /// Bytes from the image's start, a multiple of 2048.
    public let offset: Int64
    /// Bytes.
    public let size: Int64
}

/// The members of an image: parents added, sorted bytewise, everything checked that the format cannot hold.
struct ISOMemberList {
    /// In bytewise order of the paths, so that a directory stands before what is in it.
    let members: [ISOMember]
    private let places: [String: Int]

    /// The longest component in Joliet's UCS-2 characters.
    private static let componentLimit = 64
    /// ECMA-119 6.8.2.1: eight levels, of which the root is the first; a file in the lowest directory is no level.
    private static let directoryLimit = 7
    private static let sizeLimit = Int64(UInt32.max) - Int64(ISOImage.sectorSize)

    /// `subject` is what errors call the image.
    init(entries: [ISOMember], label: String, subject: String) throws(ArchiveError) {
        try Self.check(label: label, subject)
        var byPath: [String: ISOMember] = [:]
        byPath.reserveCapacity(2 * entries.count)
        for entry in entries {
            try Self.check(entry, subject)
            guard byPath.updateValue(entry, forKey: entry.path) == nil else {
                throw Self.refused(entry.path, subject, "it occurs twice")
            }
        }
        for entry in entries {
            var path = entry.path[...]
            while let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
                path = path[..<slash]
                let parent = String(path)
                if let known = byPath[parent] {
                    guard known.isDirectory else { throw Self.refused(entry.path, subject, "\(parent) is a file") }
                    continue
                }
                byPath[parent] = ISOMember(path: parent, kind: .directory, permissions: 0o755)
            }
        }
        // Paths are ASCII, where the order of strings is that of their bytes.
        members = byPath.values.sorted { $0.path < $1.path }
        places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($0.element.path, $0.offset) })
    }

    /// The position of a path in `members`.
    func index(of path: String) -> Int? { places[path] }

    private static func check(label: String, _ subject: String) throws(ArchiveError) {
        // Joliet has room for 16 UCS-2 characters; blkid and cloud-init compare without regard to case.
        let isValid =
            (1...16).contains(label.utf8.count)
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isValid else {
            throw refused(label, subject, "a volume label has 1 to 16 of a-z A-Z 0-9 _ -")
        }
    }

    private static func check(_ entry: ISOMember, _ subject: String) throws(ArchiveError) {
        try ArchiveEntry.check(path: entry.path, in: subject)
        let components = entry.path.utf8.split(separator: UInt8(ascii: "/"))
        let directories = components.count - (entry.isDirectory ? 0 : 1)
        guard directories <= directoryLimit else {
            throw refused(
                entry.path, subject, "ISO 9660 holds at most \(directoryLimit) directories inside one another")
        }
        for component in components where component.count > componentLimit {
            throw refused(
                entry.path, subject, "a component is longer than the \(componentLimit) characters Joliet holds")
        }
        for byte in entry.path.utf8 {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "?"):
                let character = Character(Unicode.Scalar(byte))
                throw refused(entry.path, subject, "the character \"\(character)\" cannot stand in a Joliet name")
            default: continue
            }
        }
        // Larger ones would need several extents (ECMA-119 6.5.1), which not every reader joins.
        if case .file(_, let size) = entry.kind, size > sizeLimit {
            throw refused(entry.path, subject, "it has \(size) bytes; a file is smaller than 4 GiB in ISO 9660")
        }
    }

    private static func refused(_ path: String, _ subject: String, _ reason: String) -> ArchiveError {
        .refusedMember(archive: subject, member: printable(path), reason: reason)
    }
}
