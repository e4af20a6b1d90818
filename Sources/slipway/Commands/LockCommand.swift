import Archive
import ArgumentParser
import BuildPlan
import BundleFormat
import Bundling
import ClusterModel
import DebianPackages
import Foundation
import HostSystem
import Payloads
import SystemPackage
import TopologySpec
import Values

/// `slipway lock SPEC`
struct LockCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Pin every payload of a topology by size and digest, in the lock file beside it.",
        discussion: """
            Entries whose address is still the same are kept, and so are files you chose before. Others are fetched into the store and their digest computed: this
            is the moment you decide to trust them. Where upstream publishes a digest it is compared first, and the lock file says how each was verified.
            Commit the lock file.
            """)

    @Argument(help: "The topology, such as topologies/ha.yaml.", completion: .topology)
    var spec: String

    @Argument(help: "Only these payloads; the entries of others stay.")
    var names: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where a payload comes from: https://…, file:… or a path.", discussion: "May be given several times.",
            valueName: "name=address"))
    var set: [String] = []

    @Option(
        help: ArgumentHelp(
            "Look here for files named like a payload before going to the network.",
            discussion: "May be given several times.", valueName: "dir"), completion: .directory)
    var from: [String] = []

    @Option(help: ArgumentHelp("Compute this entry anew. May be given several times.", valueName: "name"))
    var refresh: [String] = []

    @Option(
        help: ArgumentHelp(
            "Accept the first bytes of this payload, although upstream publishes a digest.",
            discussion: "May be given several times.", valueName: "name"))
    var trust: [String] = []

    @Option(
        help: ArgumentHelp(
            "OpenPGP keys, as gpgv takes them: of those who sign published digests, and of the distribution whose packages are taken.",
            discussion:
                "May be given several times. Default: the distributions' own, where their packages of keys put them.",
            valueName: "file"), completion: .file())
    var keyring: [String] = []

    @Flag(help: "Say what upstream has newer, changed or removed, and change nothing.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Take the distribution's packages as they were then, from its archive of snapshots.",
            discussion: "Such as 2026-11-21T12:00:00Z. Their addresses never go away.", valueName: "time"))
    var snapshot: String?

    @Option(
        help: ArgumentHelp(
            "Where the distribution's packages are instead of in its own archive: a mirror, as sources.list(5) has it.",
            discussion:
                "Such as 'https://archive.example/debian trixie main'; once for each suite. Signatures are checked all the same. With --snapshot it may be of any age.",
            valueName: "address suite component…"))
    var archive: [String] = []

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let cluster = try TopologyInput.load(spec, context).requireCluster(
            strict: false, context, output.format)
        let plan = Planner.plan(cluster)
        let wanted = try PayloadSelection.select(names, from: plan.payloads, spec: spec)
        _ = try PayloadSelection.select(refresh + trust, from: plan.payloads, spec: spec)
        let chosen = try addresses()
        _ = try PayloadSelection.select(chosen.keys.sorted(), from: wanted, spec: spec)
        let path = LockInput.path(for: spec)
        let existing = try LockInput.read(for: spec, context)
        let opened = try store.open(context)
        let packages = try packages(
            of: Distribution(cluster.guest.os, cluster.guest.architecture), in: opened, context)
        if check { return try await compare(wanted, cluster.guest.architecture, existing, path, packages, context) }
        let search: PayloadSearch
        do throws(PayloadError) { search = try PayloadSearch(from.map { FilePath($0) }) } catch {
            throw CommandFailure(error)
        }
        let resolver = LockResolver(
            store: opened, base: path.removingLastComponent(),
            workingDirectory: FilePath(FileManager.default.currentDirectoryPath), environment: context.environment,
            keyrings: keyrings, images: try RegistryImages.open(context), packages: packages)
        let show = FetchOutput(context, format: output.format, count: wanted.count, total: 0)
        let outcome = await resolver.resolve(
            wanted, for: cluster.guest.architecture, placed: plan.placedMembers, existing: existing,
            keep: Set(plan.payloads.map(\.name)), chosen: chosen, search: search, refresh: Set(refresh),
            trusted: Set(trust)
        ) { show.take($0) }
        show.finish()
        try write(outcome, to: path)
        report(outcome, path, context)
        noteUnplannedImages(outcome.lock, plan, opened, context)
        if !outcome.failures.isEmpty {
            throw CommandFailure(outcome.failures.allSatisfy(\.isEnvironment) ? .environment : .input, nil)
        }
    }

    /// Those that were named, by their whole paths.
    private var named: [FilePath] {
        keyring.map { FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath($0)) }
    }

    /// For published digests: those that were named, and Ubuntu's for its cloud images, where they are installed.
    private var keyrings: [FilePath] {
        named
            + ["/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg"].filter(FileManager.default.fileExists).map {
                FilePath($0)
            }
    }

    private func compare(
        _ wanted: [PayloadPlan], _ architecture: Architecture, _ lock: Lock, _ path: FilePath,
        _ packages: DistributionPackages, _ context: Context
    ) async throws {
        let check = LockCheck(
            base: path.removingLastComponent(), environment: context.environment, keyrings: keyrings,
            images: try RegistryImages.open(context), packages: packages)
        let states = await check.run(wanted, for: architecture, lock: lock)
        switch output.format {
        case .json: context.out(JSONOutput.line(["payloads": LockCheckOutput.json(states)]))
        case .text: context.out(LockCheckOutput.text(states))
        }
        if states.contains(where: \.state.isLoss) { throw CommandFailure(.input, nil) }
    }

    private func packages(
        of distribution: Distribution, in store: PayloadStore, _ context: Context
    ) throws(CommandFailure) -> DistributionPackages {
        var moment: Timestamp?
        if let snapshot {
            moment = Timestamp(snapshot)
            guard moment != nil else {
                throw CommandFailure(.usage, "--snapshot takes a time such as 2026-11-21T12:00:00Z, not '\(snapshot)'")
            }
        }
        let suites = try archive.map { (line) throws(CommandFailure) in
            guard let suite = PackageArchive.Suite(parsing: line, of: distribution) else {
                throw CommandFailure(
                    .usage,
                    "--archive takes an address, a suite and its components, such as 'https://archive.example/debian trixie main', not '\(line)'"
                )
            }
            return suite
        }
        return DistributionPackages(
            cache: store.root.appending("indices"), environment: context.environment, now: context.now(),
            keyrings: named.map(\.string), snapshot: moment, suites: suites)
    }

    private func addresses() throws(CommandFailure) -> [String: String] {
        var chosen: [String: String] = [:]
        for text in set {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex, text.index(after: sign) != text.endIndex
            else {
                throw CommandFailure(
                    .usage, "--set takes NAME=ADDRESS, not '\(text)'", help: "for example --set etcd=file:etcd.tar.gz")
            }
            let name = String(text[..<sign])
            guard chosen.updateValue(String(text[text.index(after: sign)...]), forKey: name) == nil else {
                throw CommandFailure(.usage, "--set names \(name) twice", help: "name each payload once")
            }
        }
        return chosen
    }

    private func write(_ outcome: LockOutcome, to path: FilePath) throws(CommandFailure) {
        let text = LockFile.text(outcome.lock, topology: FilePath(spec).lastComponent?.string ?? spec)
        do throws(ArchiveError) {
            let file = try AtomicFile.create(in: path.removingLastComponent())
            try file.write(Array(text.utf8))
            try file.commit(as: path.lastComponent?.string ?? "")
        } catch {
            throw CommandFailure(.environment, "\(error)")
        }
    }

    private func report(_ outcome: LockOutcome, _ path: FilePath, _ context: Context) {
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "event": "result", "path": .string(path.string),
                    "payloads": .integer(Int64(outcome.lock.payloads.count)),
                    "changed": .strings(outcome.changed), "removed": .strings(outcome.removed),
                    "failures": .strings(outcome.failures.map(\.description)),
                ]))
        case .text:
            if !outcome.removed.isEmpty {
                context.err("note: no longer needed, removed: \(outcome.removed.joined(separator: ", "))\n")
            }
            for failure in outcome.failures { context.err("error: \(failure)\n") }
            context.out("\(path): \(outcome.lock.payloads.count) payloads pinned, \(outcome.changed.count) changed\n")
            let unverified = outcome.lock.payloads.filter {
                outcome.changed.contains($0.name) && $0.verified == .firstUse
            }
            if !unverified.isEmpty {
                context.err(
                    "note: nobody but their address vouches for \(unverified.map(\.name).joined(separator: ", "))\n")
            }
            if outcome.failures.isEmpty { context.err("next: slipway fetch \(spec)\n") }
        }
    }

    /// Upstream's manifest is not ours, so what it names is looked for in it.
    private func noteUnplannedImages(
        _ lock: Lock, _ plan: ClusterPlan, _ store: PayloadStore, _ context: Context
    ) {
        let planned = Set(
            plan.payloads.compactMap { payload -> ImageReference? in
                if case .registry(let image, _) = payload.source { image } else { nil }
            })
        let name = "calico-manifest"
        guard let location = lock[name].flatMap({ store.location(of: $0.digest) }), location.size < 16 << 20,
            let text = FileManager.default.contents(atPath: location.file.string)
        else { return }
        let missing = ImageReference.named(in: String(decoding: text, as: UTF8.self)).subtracting(planned)
        guard !missing.isEmpty else { return }
        let images = missing.map(\.description).sorted().joined(separator: ", ")
        context.err("warning: \(name) names images that no payload brings, so its pods will wait for them: \(images)\n")
    }
}
