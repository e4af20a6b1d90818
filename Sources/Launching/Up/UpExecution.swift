import Archive
import BundleFormat
import HostSystem
import Unbundling
import Values

/// Does steps one after the other, and records each.
struct UpExecution {
    let goal: UpGoal
    let bundle: Unbundling.Bundle
    let supplies: any Supplies
    let provider: any Provider
    let runner: any CommandRunner
    private(set) var state: UpState
    /// The machines that did not run before.
    private(set) var started: [String] = []

    private var paths: InstancePaths { state.paths }

    init(
        _ goal: UpGoal, from state: UpState, bundle: Unbundling.Bundle, supplies: any Supplies, provider: any Provider,
        runner: any CommandRunner
    ) {
        self.goal = goal
        self.state = state
        self.bundle = bundle
        self.supplies = supplies
        self.provider = provider
        self.runner = runner
    }

    /// Does the steps in order; machines that are to be told of their seeds are told at the same time.
    ///
    /// - Throws: ``LaunchError``, and what reading the bundle and the supplies throws. Then all steps before the one that failed
    ///   are done and on record, and another `up` goes on from there.
    mutating func perform(_ steps: [UpStep]) throws {
        var rest = steps[...]
        while let step = rest.first {
            let told = rest.prefix { if case .tell = $0 { true } else { false } }
            if told.isEmpty { try perform(step) } else { try tell(Array(told)) }
            rest.removeFirst(max(told.count, 1))
        }
    }

    private mutating func perform(_ step: UpStep) throws {
        let next = state.after(step, to: goal)
        switch step {
        // Before they start: what is on record of a machine that is off, it finds by itself whenever it starts.
        case .start(let machines):
            try record(next)
            started += try provider.start(try instance.machines(machines), of: instance)
        case .resume(let machines):
            started += try provider.resume(try instance.machines(machines), of: instance)
            // Where that is a part of starting.
            _ = try provider.start([], of: instance)
            try record(next)
        default:
            try change(step)
            try record(next)
        }
    }

    private mutating func record(_ next: UpState) throws(LaunchError) {
        if let instance = next.present, instance != state.present { try instance.save() }
        state = next
    }

    private var instance: Instance {
        get throws(LaunchError) {
            guard let instance = state.present else { throw .noInstance(name: paths.name, root: paths.root) }
            return instance
        }
    }

    private func change(_ step: UpStep) throws {
        switch step {
        case .makeDirectory: try Files.makeDirectory(paths.directory, mode: 0o700)
        case .begin, .writePlan, .finish, .start, .resume, .tell: break
        case .remove(let name):
            let machines = try instance.machines([name])
            _ = try provider.stop(machines, of: instance, grace: 20)
            try provider.remove(machines, of: instance)
            try Files.remove(paths.machine(name))
        case .writeOperatorFiles(let names): try writeOperatorFiles(names)
        case .placeSeed(let machine): try placeSeed(of: machine)
        case .placeBootFile(let payload, let file):
            try Files.makeDirectory(paths.images)
            if !Files.exists(paths.image(file)) { try supplies.placeBootFile(payload, at: paths.image(file)) }
        case .fillDepot:
            switch provider.media {
            case .directories: try supplies.fillDepot(directory: paths.depot)
            case .images: try supplies.writeDepot(image: paths.depotImage, listing: paths.depot)
            }
        case .restoreNetwork: _ = try provider.start([], of: instance)
        }
    }

    private func writeOperatorFiles(_ names: [String]) throws {
        guard let files = try OperatorFiles(of: bundle) else { throw LaunchError.noSecretPart(bundle: bundle.file) }
        try Files.makeDirectory(paths.operatorFiles, mode: 0o700)
        try FileBatch.write(
            names.compactMap { name in
                files.contents[name].map { FileBatch.Item(path: "\(paths.operatorFiles)/\(name)", bytes: $0) }
            })
    }

    private func placeSeed(of machine: String) throws {
        guard let image = try bundle.seedImage(of: machine) else {
            throw LaunchError.noSecretPart(bundle: bundle.file)
        }
        let subject = "\(bundle.file): the seed of \(machine)"
        try Files.makeDirectory(paths.machine(machine))
        switch provider.media {
        case .directories: try SeedDirectory.fill(paths.seed(of: machine), from: image, subject: subject)
        case .images:
            let entries = try ISOReader.entries(in: image, subject: subject)
            guard let manifest = entries.first(where: { $0.path == MachineManifest.path })?.content else {
                throw LaunchError.damaged(path: subject, reason: "it has no \(MachineManifest.path)")
            }
            try Files.write(image, to: paths.seedImage(of: machine))
            // Last: whoever compares it finds the seed that it belongs to.
            try Files.makeDirectory("\(paths.seed(of: machine))/slipway", mode: 0o700)
            try Files.write(manifest, to: paths.machineManifest(of: machine))
        }
    }

    /// Has machines apply their new seeds, without waiting for that. One that is still booting has no such unit yet; where it
    /// reads its seed from a directory it will see the new one. What one of them does not hear, the others do all the same.
    private mutating func tell(_ steps: [UpStep]) throws {
        let running = try provider.running(instance)
        let (delivery, runner) = (SeedDelivery(instance: try instance, provider: provider), runner)
        let isSeen = provider.media == .directories
        let results = Parallel.results(of: steps, width: StatusReader.width) { step in
            guard case .tell(let name) = step, let machine = running[name] else { return false }
            return try runner.run(delivery.command(for: machine).limited(to: 60)).status == 0 || isSeen
        }
        for (step, result) in zip(steps, results) where (try? result.get()) == true {
            try record(state.after(step, to: goal))
        }
        for result in results { _ = try result.get() }
    }
}

extension UpState {
    /// The digest of the depot's list, which comes after all that it names; nil when there is no depot.
    static func depot(_ paths: InstancePaths, _ media: Media) throws(LaunchError) -> Digest? {
        guard media == .directories || Files.exists(paths.depotImage) else { return nil }
        return try Files.read("\(paths.depot)/\(DepotManifest.path)").map { Digest(hashing: $0) }
    }

    /// Looks, and changes nothing.
    static func look(
        _ paths: InstancePaths, for goal: UpGoal, _ provider: any Provider, _ host: Computer
    ) throws(LaunchError) -> UpState {
        var state = UpState(paths: paths)
        state.hasDirectory = Files.exists(paths.directory)
        state.present = try Instance.find(paths)
        state.restoring = try SnapshotList.read(paths).restoring
        for name in goal.operatorFiles.keys {
            state.operatorFiles[name] = try Files.read("\(paths.operatorFiles)/\(name)").map { Digest(hashing: $0) }
        }
        let isThere = provider.media == .images ? paths.seedImage : paths.machineManifest
        state.seeds = Set(goal.plan.machines.map(\.name).filter { Files.exists(isThere($0)) })
        state.depot = try depot(paths, provider.media)
        state.images = Set(Files.names(in: paths.images))
        if let present = state.present, present.record.provider == provider.name {
            state.running = try provider.running(present).mapValues(\.state)
            state.faults = try provider.faults(present)
        }
        let starting = goal.plan.machines.filter { machine in
            (goal.machines.isEmpty || goal.machines.contains(machine.name)) && state.running[machine.name] == nil
        }
        state.findings = provider.examine(
            Examination(
                plan: goal.plan, paths: paths, machines: starting,
                running: goal.plan.machines.filter { state.running[$0.name] != nil }, host: host))
        let trees = [goal.offer.baseTree, state.present?.record.baseTree].compactMap(\.self)
        state.baseTrees = Set(trees.filter { Files.exists("\($0)/usr/lib/systemd") })
        return state
    }
}
