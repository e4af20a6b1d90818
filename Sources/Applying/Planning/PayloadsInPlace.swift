import BundleFormat
import Values

/// Which payloads of a machine.json are in place, told from the record alone, without a depot.
struct PayloadsInPlace {
    private let placed: [String: Set<Digest>]
    private let installed: InstalledPayloads

    init(_ entries: [RecordedEntry], _ installed: InstalledPayloads) {
        var placed: [String: Set<Digest>] = [:]
        for entry in entries {
            if let origin = entry.origin { placed[origin.payload, default: []].insert(origin.digest) }
        }
        self.placed = placed
        self.installed = installed
    }

    /// The payloads that are not.
    func waiting(_ manifest: MachineManifest) -> [WaitingPayload] {
        let missing = manifest.payloads.filter { payload in
            guard let digest = payload.digest else { return true }
            return switch payload.kind {
            case .binary, .archiveMember, .archive: placed[payload.name]?.contains(digest) != true
            case .deb: installed.packages[payload.name] != digest
            case .image: installed.images[payload.name] != digest
            }
        }
        return Outcome.merged(
            missing.map { payload in
                WaitingPayload(
                    name: payload.name,
                    reason: payload.digest == nil ? "payload absent: the lock does not name it" : "not in place",
                    causes: Set([payload.name] + [payload.path].compactMap { $0 }))
            })
    }
}
