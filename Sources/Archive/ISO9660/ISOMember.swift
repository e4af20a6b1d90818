internal import BundleFormat

/// A member as the directories of an image describe it: everything but its bytes.
struct ISOMember {
    /// What a member is.
    enum Kind: Equatable {
        case directory
        /// `content` numbers the caller's contents; members with the same number share one place in the image.
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
