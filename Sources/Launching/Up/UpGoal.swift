import Archive
public import BundleFormat
import Unbundling
import Values

/// What an instance is to become: a bundle's documents, and what goes with them.
struct UpGoal: Hashable, Sendable {
    /// The bundle's file, for messages.
    let bundle: String
    let bundleDigest: Digest
    let login: String
    let plan: LaunchPlan
    /// Of each machine's seed; nil for a bundle without its secret part.
    let seeds: [String: Digest]
    let hasSecretPart: Bool
    /// What will lie in `operator/`.
    let operatorFiles: [String: Digest]
    /// What each machine's manifest names.
    let payloads: [String: [MachinePayload]]
    let offer: Offer
    /// The machines to start; all when none is named.
    let machines: [String]
    let provider: ProviderName
    let media: Media
    /// Whether what machines try to send outside is to be counted.
    var sealsOff = false
    /// Why the provider cannot do that.
    var obstacleToSealing: String?

    /// The payloads that a machine has to do without, sorted: not pinned by the lock file, or not in the depot.
    func absent(on machine: String) -> [String] {
        let absent = (payloads[machine] ?? []).filter { payload in
            payload.digest.map { !offer.depot.payloads.contains($0) } ?? true
        }
        return Set(absent.map(\.name)).sorted()
    }

    /// The instance with this bundle on record, before anything of it is in place.
    func recorded(in state: UpState) -> Instance {
        let kept = Set(plan.machines.map(\.name))
        return Instance(
            paths: state.paths,
            record: InstanceRecord(
                cluster: plan.cluster, provider: provider, bundleDigest: bundleDigest, login: login,
                baseTree: baseTree(in: state), isSealedOff: sealsOff || state.present?.record.isSealedOff == true,
                isComplete: false,
                machines: (state.present?.record.machines ?? [:]).filter { kept.contains($0.key) },
                bootFiles: state.present?.record.bootFiles ?? [:]),
            plan: plan)
    }

    func baseTree(in state: UpState) -> String? {
        media == .directories ? offer.baseTree ?? state.present?.record.baseTree : nil
    }

    // MARK: Steps

    /// What has to be done, in order; nothing when all is as it should be.
    ///
    /// - Throws: ``LaunchError`` for whatever can be refused; then nothing may be done.
    func steps(from state: UpState) throws(LaunchError) -> [UpStep] {
        let wanted = try refuse(state)
        let changes = removals(state) + documents(state) + (try bootFiles(state)) + depot(state)
        var steps: [UpStep] = []
        if !state.hasDirectory { steps.append(.makeDirectory(path: state.paths.directory)) }
        let record = state.present?.record
        if record?.isComplete == true, !changes.isEmpty { steps.append(.begin) }
        steps += changes
        let isAbsentRecorded = plan.machines.allSatisfy { state.machine($0.name).absent == absent(on: $0.name) }
        if record?.isComplete != true || !changes.isEmpty || !isAbsentRecorded { steps.append(.finish) }
        let paused = wanted.map(\.name).filter { state.running[$0] == .paused }
        if !paused.isEmpty { steps.append(.resume(machines: paused)) }
        // What runs is told of its new seed; what starts finds it by itself.
        for machine in plan.machines {
            guard let running = state.running[machine.name], running != .crashed else { continue }
            if state.machine(machine.name).told != seeds[machine.name] { steps.append(.tell(machine: machine.name)) }
        }
        let stopped = wanted.map(\.name).filter(state.needsStart)
        if !stopped.isEmpty {
            steps.append(.start(machines: stopped))
        } else if !state.faults.isEmpty {
            steps.append(.restoreNetwork(faults: state.faults))
        }
        return steps
    }

    /// While there is still a record of them.
    private func removals(_ state: UpState) -> [UpStep] {
        let kept = Set(plan.machines.map(\.name))
        return (state.present?.plan.machines ?? []).filter { !kept.contains($0.name) }.map { .remove(machine: $0.name) }
    }

    private func documents(_ state: UpState) -> [UpStep] {
        var steps: [UpStep] = []
        let record = state.present?.record
        let isRecorded =
            record?.bundleDigest == bundleDigest && record?.baseTree == baseTree(in: state)
            && state.present?.plan == plan
        if !isRecorded { steps.append(.writePlan(bundle: "\(bundleDigest)", machines: plan.machines.count)) }
        let files = operatorFiles.filter { state.operatorFiles[$0.key] != $0.value }.keys.sorted()
        if !files.isEmpty { steps.append(.writeOperatorFiles(files)) }
        for machine in plan.machines.map(\.name)
        where !state.seeds.contains(machine) || state.machine(machine).seed != seeds[machine] {
            steps.append(.placeSeed(machine: machine))
        }
        return steps
    }

    private func bootFiles(_ state: UpState) throws(LaunchError) -> [UpStep] {
        guard media == .images else { return [] }
        var steps: [UpStep] = []
        for payload in plan.bootPayloads {
            let file = try bootFile(payload, state)
            if state.present?.record.bootFiles[payload] != file || !state.images.contains(file) {
                steps.append(.placeBootFile(payload: payload, file: file))
            }
        }
        return steps
    }

    /// What was named comes first; then, under the same bundle, what was named at an earlier time.
    private func bootFile(_ payload: String, _ state: UpState) throws(LaunchError) -> String {
        let offered = offer.bootFiles[payload] ?? .unpinned
        if case .named(let file) = offered { return file }
        if let record = state.present?.record, record.bundleDigest == bundleDigest,
            let file = record.bootFiles[payload], state.images.contains(file)
        {
            return file
        }
        switch offered {
        case .named(let file), .pinned(let file): return file
        case .unpinned: throw .unpinnedBootFile(payload: payload)
        case .absent(let digest, let store): throw .absentBootFile(payload: payload, digest: digest, store: store)
        }
    }

    private func depot(_ state: UpState) -> [UpStep] {
        state.depot == offer.depot.listing ? [] : [.fillDepot(payloads: offer.depot.payloads.count)]
    }

    // MARK: Refusals

    /// - Returns: the machines to start.
    private func refuse(_ state: UpState) throws(LaunchError) -> [LaunchDefinition] {
        let name = state.paths.name
        if sealsOff, let obstacleToSealing { throw .cannotSealOff(obstacleToSealing) }
        guard hasSecretPart else { throw .noSecretPart(bundle: bundle) }
        if let record = state.present?.record {
            guard record.provider == provider else {
                throw .anotherProvider(instance: name, provider: record.provider.rawValue, asked: provider.rawValue)
            }
            guard record.cluster == plan.cluster else {
                throw .anotherCluster(instance: name, cluster: record.cluster, asked: plan.cluster)
            }
            guard record.isSealedOff || !sealsOff else { throw .notSealedOffFromTheStart(instance: name) }
        }
        if let restoring = state.restoring { throw .unfinishedRestore(name: restoring, instance: name) }
        let wanted = try plan.select(machines, instance: name)
        let failures = state.findings.filter { $0.level == .failure }
        guard failures.isEmpty else { throw .unfit(failures) }
        if media == .directories {
            guard offer.depot.hasApplier else { throw .noApplier }
            guard let tree = baseTree(in: state) else { throw .noBaseTreeNamed }
            guard state.baseTrees.contains(tree) else { throw .noBaseTree(path: tree) }
        }
        return wanted
    }
}

extension UpGoal {
    /// - Throws: what reading the bundle throws, and ``LaunchError/unusableBundle(bundle:reason:)``.
    init(
        _ bundle: Bundle, _ offer: Offer, machines: [String], sealsOff: Bool = false, _ provider: any Provider
    ) throws {
        let seeds = bundle.seeds
        self.init(
            bundle: bundle.file, bundleDigest: bundle.bundleDigest, login: bundle.description.login,
            plan: bundle.launchPlan, seeds: seeds, hasSecretPart: bundle.secretManifest != nil,
            operatorFiles: (try OperatorFiles(of: bundle)?.contents ?? [:]).mapValues { Digest(hashing: $0) },
            payloads: Dictionary(
                uniqueKeysWithValues: try seeds.keys.map { ($0, try bundle.manifest(of: $0)?.payloads ?? []) }),
            offer: offer, machines: machines, provider: provider.name, media: provider.media,
            sealsOff: sealsOff, obstacleToSealing: provider.obstacleToSealing)
    }
}

extension LaunchPlan {
    /// What machines boot from, sorted.
    public var bootPayloads: [String] {
        Set(machines.map(\.image) + [boot?.kernel, boot?.initrd].compactMap(\.self)).sorted()
    }
}
