import BuildPlan
import BundleFormat
import Values

// From what is planned and what the lock knows of it to what the documents of a bundle say.

extension DescribedPayload {
    init(_ payload: PayloadPlan, lock: Lock) {
        let pin = lock[payload.name]
        self.init(
            name: payload.name, kind: payload.kind, release: payload.version, digest: pin?.digest,
            size: pin?.size, url: pin.map { Self.url($0.source) } ?? Self.url(payload.source),
            licence: payload.licence)
    }
}

extension DescribedPayload {
    private static func url(_ source: LockedSource) -> String? {
        switch source {
        case .address(let address): address.description
        case .image(let reference): url(reference)
        // There is no one address for several files.
        case .packages: nil
        }
    }

    private static func url(_ source: PayloadSource) -> String? {
        switch source {
        case .web(let address, _): address.description
        case .registry(let reference, _): url(reference)
        // The listing; the release is chosen when it is pinned.
        case .dated(let release): release.listing
        case .packages, .applier, .given: nil
        }
    }

    /// As skopeo and others name an image in a registry.
    private static func url(_ reference: ImageReference) -> String { "docker://\(reference)" }
}

extension MachinePayload {
    init(_ use: PayloadUse, lock: Lock) {
        let pin = lock[use.payload.name]
        let kind: Kind
        var members = pin?.members
        var image: ImageReference?
        switch use.payload.kind {
        case .binary, .disk:
            kind = .binary
            members = nil
        case .archive:
            kind = use.member == nil ? .archive : .archiveMember
            if let name = use.member, let known = members {
                let placed = known.filter { $0.path == name }
                members = placed.isEmpty ? nil : placed
            }
        case .deb: kind = .deb
        case .image:
            kind = .image
            if case .image(let reference) = pin?.source { image = reference }
        }
        self.init(
            name: use.payload.name, digest: pin?.digest, size: pin?.size, kind: kind, member: use.member,
            path: use.path, mode: use.path == nil ? nil : Permissions(bits: use.mode), members: members, image: image)
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
