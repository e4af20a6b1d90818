internal import BundleFormat
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
