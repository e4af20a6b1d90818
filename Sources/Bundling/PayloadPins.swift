import BuildPlan
import BundleFormat
import Values

// From what is planned and what the lock knows of it to what the documents of a bundle say.

extension DescribedPayload {
    init(_ payload: PayloadPlan, lock: Lock) {
        let pin = lock[payload.name]
        self.init(
            name: payload.name, kind: payload.kind, release: payload.version, digest: pin?.digest,
            size: pin?.size, url: (pin?.address ?? payload.upstream)?.description)
    }
}

extension MachinePayload {
    init(_ use: PayloadUse, lock: Lock) {
        let pin = lock[use.payload.name]
        let kind: Kind
        var members: [PayloadMember]?
        switch use.payload.kind {
        case .binary, .disk: kind = .binary
        case .archive:
            kind = use.member == nil ? .archive : .archiveMember
            members = pin?.members
            if let name = use.member, let known = members {
                let placed = known.filter { $0.path == name }
                members = placed.isEmpty ? nil : placed
            }
        case .deb: kind = .deb
        case .image: kind = .image
        }
        self.init(
            name: use.payload.name, digest: pin?.digest, size: pin?.size, kind: kind, member: use.member,
            path: use.path, mode: use.path == nil ? nil : Permissions(bits: use.mode), members: members)
    }
}

extension ClusterPlan {
    /// Archives that the lock pins without naming every file that machines place, sorted.
    func unlistedArchives(_ lock: Lock) -> [String] {
        placedMembers.filter { name, placed in
            guard let pin = lock[name] else { return false }
            guard let members = pin.members else { return true }
            guard case .named(let names) = placed else { return false }
            return !names.isSubset(of: members.map(\.path))
        }.keys.sorted()
    }
}
