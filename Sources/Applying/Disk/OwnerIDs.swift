/// The numeric owner of a file.
struct OwnerIDs: Hashable {
    let user: UInt32
    let group: UInt32
}
