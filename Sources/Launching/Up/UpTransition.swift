import Archive
import BundleFormat
public import Unbundling
import Values

extension Launcher {
    /// What `up` would do with an instance that one bundle made and that runs, to bring it to another: decided from the two bundles
    /// alone, with all payloads at hand.
    ///
    /// - Throws: ``LaunchError`` for what `up` would refuse, and what reading the bundles throws.
    public static func steps(
        from old: Unbundling.Bundle, to new: Unbundling.Bundle, _ provider: any Provider
    ) throws -> [UpStep] {
        let paths = try InstancePaths(name: old.launchPlan.cluster, root: "/")
        var state = UpState(paths: paths)
        state.baseTrees = [tree]
        let goal = try UpGoal(old, offer(old), machines: [], provider)
        for step in try goal.steps(from: state) { state = state.after(step, to: goal) }
        return try UpGoal(new, offer(new), machines: [], provider).steps(from: state)
    }

    private static var tree: String { "/" }

    private static func offer(_ bundle: Unbundling.Bundle) -> Offer {
        let payloads = bundle.description.configurations.flatMap(\.payloads)
        let listing = Set(payloads).map { CanonicalJSON.encode($0.described) }.sorted {
            $0.lexicographicallyPrecedes($1)
        }
        let boot = bundle.launchPlan.bootPayloads.map { name in
            let digest = bundle.description.payloads.first { $0.name == name }?.digest
            return (name, Offer.BootFile.named(file: digest.map { "\(name)-\($0.hex.prefix(12))" } ?? name))
        }
        return Offer(
            baseTree: tree,
            depot: Offer.Depot(
                listing: Digest(hashing: Array(listing.joined())), payloads: Set(payloads.compactMap(\.digest))),
            bootFiles: Dictionary(uniqueKeysWithValues: boot))
    }
}

extension MachinePayload {
    /// What of it a depot holds.
    fileprivate var described: JSONValue {
        [
            "name": .string(name), "digest": .string(digest.map { "\($0)" } ?? ""),
            "members": .strings((members ?? []).map { "\($0.digest)" }),
        ]
    }
}
