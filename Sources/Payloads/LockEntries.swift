import BuildPlan
public import BundleFormat
import Values

/// What a run of `slipway lock` found.
public struct LockOutcome: Sendable {
    /// Everything that is pinned now.
    public let lock: Lock
    /// Names whose entry is new or another than before.
    public let changed: [String]
    /// Names of entries that were left out, because the plan has no such payload.
    public let removed: [String]
    /// One for each payload that could not be pinned, in the order of the plan.
    public let failures: [PayloadError]
}

// MARK: What an entry is to be

extension PayloadSource {
    /// Whether upstream can be asked.
    var isKnown: Bool {
        switch self {
        case .web, .dated, .registry, .packages: true
        case .applier, .given: false
        }
    }

    /// What an entry is to be of; nil where there is nothing to ask.
    func wanted(_ existing: LockedPayload?, mustRead: Bool) -> LockResolver.Wanted? {
        switch self {
        case .web(let address, _): return .source(.address(address))
        case .dated(let release):
            // One that is pinned stays until a newer one is asked for.
            if !mustRead, let source = existing?.source, case .address(.https(let address)) = source,
                release.release(of: address) != nil
            {
                return .source(source)
            }
            return .newest(release)
        case .registry(let reference, _): return .source(.image(reference))
        case .packages(let distribution, let names): return .source(.packages(distribution, names))
        case .applier, .given: return nil
        }
    }

    var address: PayloadAddress? {
        guard case .web(let address, _) = self else { return nil }
        return address
    }
}

extension LockedSource {
    var isFile: Bool {
        guard case .address(.file) = self else { return false }
        return true
    }
}

extension LockedPayload {
    /// The entry with those files that machines place: narrowed where it has them, else found by `unpack`, which gets their
    /// names, or nil for all files.
    func withMembers(
        _ placed: PlacedMembers?, _ unpack: (Set<String>?) throws(PayloadError) -> [PayloadMember]
    ) throws(PayloadError) -> LockedPayload {
        let found: [PayloadMember]?
        // An image's and packages' members are all there is of them.
        guard address != nil else { return self }
        switch placed {
        case nil: found = nil
        case .all: found = if let members { members } else { try unpack(nil) }
        case .named(let names):
            let known = (members ?? []).filter { names.contains($0.path) }
            found = known.count == names.count ? known : try unpack(names)
        }
        return LockedPayload(
            name: name, source: source, size: size, digest: digest, verified: verified, members: found,
            memberAddresses: memberAddresses)
    }
}
