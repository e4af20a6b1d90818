/// The accounts of the machine as `/etc/passwd` and `/etc/group` below the root list them.
///
/// getpwnam(3) is not used: in a static program it needs the C library's shared modules, and it knows one root only.
struct Accounts {
    private let users: [String: UInt32]
    private let groups: [String: UInt32]

    /// Nil when the root has no `/etc/passwd`.
    init?(_ root: RootDirectory) throws(ApplyError) {
        guard let passwd = try root.content(of: "/etc/passwd") else { return nil }
        users = Self.ids(in: passwd)
        groups = Self.ids(in: try root.content(of: "/etc/group") ?? [])
    }

    /// `name:password:id:…`, one per line (passwd(5), group(5)).
    private static func ids(in bytes: [UInt8]) -> [String: UInt32] {
        var ids: [String: UInt32] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 3, let id = UInt32(fields[2]), ids[String(fields[0])] == nil else { continue }
            ids[String(fields[0])] = id
        }
        return ids
    }

    func userID(_ name: String) -> UInt32? { users[name] }
    func groupID(_ name: String) -> UInt32? { groups[name] }
}
