/// Turns account names into ids, where owners matter.
///
/// Below a root without `/etc/passwd`, and for anyone but root, owners are neither set nor compared.
struct Ownership {
    private let accounts: Accounts?
    /// Accounts are about to be made, so that a name may be unknown still.
    private let isLenient: Bool

    init(_ root: RootDirectory, isLenient: Bool = false) throws(ApplyError) {
        accounts = Kernel.userID == 0 ? try Accounts(root) : nil
        self.isLenient = isLenient
    }

    /// Whether owners are set and compared.
    var isEnforced: Bool { accounts != nil }

    /// The ids of the owner of `path`; nil when owners do not matter, or while the account is still to be made.
    func ids(user: String, group: String, of path: String) throws(ApplyError) -> OwnerIDs? {
        guard let accounts else { return nil }
        guard let userID = accounts.userID(user) else {
            guard isLenient else { throw .unknownAccount(name: user, isGroup: false, path: path) }
            return nil
        }
        guard let groupID = accounts.groupID(group) else {
            guard isLenient else { throw .unknownAccount(name: group, isGroup: true, path: path) }
            return nil
        }
        return OwnerIDs(user: userID, group: groupID)
    }

    /// The same with accounts that may still be missing.
    func leniently() -> Ownership { Ownership(accounts: accounts, isLenient: true) }

    private init(accounts: Accounts?, isLenient: Bool) {
        self.accounts = accounts
        self.isLenient = isLenient
    }

    func hasUser(_ name: String) -> Bool { accounts?.userID(name) != nil }
    func hasGroup(_ name: String) -> Bool { accounts?.groupID(name) != nil }
}

/// The accounts of the machine as `/etc/passwd` and `/etc/group` below the root list them.
///
/// getpwnam(3) is not used: in a static program it needs the C library's shared modules, and it knows one root only.
struct Accounts {
    private let users: [String: UInt32]
    private let groups: [String: UInt32]
    private let primaryGroups: [String: UInt32]

    /// Nil when the root has no `/etc/passwd`.
    init?(_ root: RootDirectory) throws(ApplyError) {
        guard let passwd = try root.content(of: "/etc/passwd") else { return nil }
        users = Self.ids(in: passwd)
        primaryGroups = Self.ids(in: passwd, field: 3)
        groups = Self.ids(in: try root.content(of: "/etc/group") ?? [])
    }

    /// `name:password:id:…`, one per line (passwd(5), group(5)).
    private static func ids(in bytes: [UInt8], field: Int = 2) -> [String: UInt32] {
        var ids: [String: UInt32] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > field, let id = UInt32(fields[field]), ids[String(fields[0])] == nil else { continue }
            ids[String(fields[0])] = id
        }
        return ids
    }

    func userID(_ name: String) -> UInt32? { users[name] }
    /// The group of a user.
    func primaryGroupID(_ user: String) -> UInt32? { primaryGroups[user] }
    func groupID(_ name: String) -> UInt32? { groups[name] }
}
