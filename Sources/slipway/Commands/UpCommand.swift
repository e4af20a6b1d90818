import ArgumentParser
import BundleFormat
import Bundling
import Foundation
import Launching
import Signing
import Supplying
import Unbundling
import Values

/// `slipway up BUNDLE`
struct UpCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Bring a bundle's machines up, or bring running machines to another bundle.",
        discussion: """
            Run it again to finish what was interrupted: it starts what does not run, and brings machines that run to the bundle.
            A payload that is nowhere is left out; the machines boot, and what needs it waits.
            For example:
              slipway up out/ha.tar --wait               until every machine does its work
              slipway up out/ha.tar --dry-run            what would be done, in order
              slipway up out/ha.tar etcd-1 master-1      these machines only
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Start these machines only.", completion: .machine)
    var machines: [String] = []

    @Option(
        help: ArgumentHelp(
            "The directory tree that containers share.",
            discussion: "Default: the instance's own; a new instance needs it named.",
            valueName: "dir"), completion: .directory)
    var base: String?

    @Option(
        help: ArgumentHelp(
            "A depot as 'slipway depot --directory' makes it, instead of one from the store.", valueName: "dir"),
        completion: .directory)
    var depot: String?

    @Option(
        help: ArgumentHelp("A guest image, qcow2 or raw, instead of the one that the lock pins.", valueName: "file"),
        completion: .file())
    var image: String?

    @Option(
        help: ArgumentHelp(
            "The port on 127.0.0.1 that leads to the jump host's SSH under qemu.",
            discussion: "Default: one that is free.",
            valueName: "port"))
    var sshPort: Int?

    @Flag(
        help: ArgumentHelp(
            "Count every packet and name that a machine tries to send outside; nothing of it gets there.",
            discussion: "For a new instance under nspawn or qemu. 'slipway evidence' writes the report."))
    var sealedOff = false

    @Flag(help: "Say what would be done, in order, and do nothing.")
    var dryRun = false

    @Flag(help: "Wait until every machine does its work.")
    var wait = false

    @Option(
        help: ArgumentHelp("How long --wait waits when no machine gets any further.", valueName: "seconds"))
    var timeout = 600

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var trust: TrustOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if let sshPort, !(1024...65_535).contains(sshPort) { throw ValidationError("--ssh-port takes 1024 to 65535") }
        if sealedOff, !instance.isBundle { throw ValidationError("--sealed-off takes a bundle") }
        if dryRun, !instance.isBundle { throw ValidationError("--dry-run takes a bundle") }
        if !(1...86_400).contains(timeout) { throw ValidationError("--timeout takes 1 to 86400 seconds") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (bundle, signer) = try instance.signedBundle(context, trust, identities: identities)
            try bundle?.requireOpened()
            if let bundle { try CertificateOutput.warn(bundle, context) }
            let paths = try instance.paths(context, bundle)
            let provider = try provider(paths, bundle)
            let launcher = Launcher(paths, provider)
            if dryRun, let bundle {
                return try await show(
                    launcher.plan(
                        bundle, machines: machines, sealsOff: sealedOff, supplies: supplies(bundle, context)), paths,
                    context)
            }
            // What is sealed off stays so, whether it is said again or not.
            let seals = sealedOff || (try? Instance.open(paths))?.record.isSealedOff == true
            var run = try bundle.flatMap { try seals ? verified($0, signer, context) : nil }
            let events = UpEvents(instance: paths.name, format: output.format, context: context)
            let summary = try await bringUp(launcher, bundle, context)
            try run?.save(in: paths)
            note(summary, context)
            events.started(summary)
            var statuses: [MachineStatus] = []
            let goal = try goal(summary, provider, context)
            if wait {
                // For what an untold machine has not heard of nobody needs to wait.
                let wanted = try summary.instance.machines(machines).filter { !summary.untold.contains($0.name) }
                statuses = try await Waiter(StatusReader(summary.instance, provider)).wait(
                    for: goal, of: wanted, seconds: timeout, progress: events.progress)
            }
            events.finished(summary, statuses, waitedFor: wait ? goal : nil)
            if wait, statuses.allSatisfy(goal.isReached) {
                run?.reached(goal, at: context.now())
                try run?.save(in: paths)
            }
            try fail(statuses.filter { !goal.isReached(by: $0) }, goal, untold: wait ? summary.untold : [], paths)
            if output.format == .text {
                context.err(
                    "next: slipway \(wait ? "kubectl \(paths.name) -- get nodes" : "status \(paths.name) --watch")\n")
            }
        }
    }

    /// Health, unless machines that nobody asked for are off: then a part of the cluster cannot be healthy, and that is said.
    private func goal(
        _ summary: UpSummary, _ provider: any Provider, _ context: Context
    ) throws -> Waiter.Goal {
        guard wait, !machines.isEmpty else { return .healthy }
        let running = try provider.running(summary.instance)
        let off = summary.instance.plan.machines.map(\.name).filter {
            !machines.contains($0) && running[$0]?.state != .running
        }
        if off.isEmpty { return .healthy }
        context.err(
            "note: these do not run, so --wait is for what the others were given to be in place, not for their health: "
                + "\(off.joined(separator: ", "))\n")
        return .applied
    }

    private func fail(_ statuses: [MachineStatus], _ goal: Waiter.Goal, untold: [String], _ paths: InstancePaths) throws
    {
        if let first = statuses.first {
            let log = first.power == .running ? "--unit \(first.unitToLookAt)" : "--console"
            let why = first.complaints.first.map {
                " (\(first.name): \(TerminalFilter.text(StatusOutput.sentence($0))))"
            }
            throw CommandFailure(
                .environment, "not \(goal.rawValue): \(statuses.map(\.name).joined(separator: ", "))\(why ?? "")",
                help: "slipway logs \(paths.name) \(first.name) \(log) tells why")
        }
        if !untold.isEmpty {
            let names = untold.joined(separator: " ")
            throw CommandFailure(
                .environment, "\(untold.joined(separator: ", ")) could not be reached and run on with an older seed",
                help: "slipway stop \(paths.name) \(names) && slipway start \(paths.name) \(names)")
        }
    }

    /// What is on record of a bundle that is brought up sealed off: every byte of it has been looked at.
    private func verified(
        _ bundle: Unbundling.Bundle, _ signer: TrustPolicy.Signer?, _ context: Context
    ) throws(CommandFailure) -> SealedRun {
        let began = context.now()
        let found = BundleVerifier(bundle, threads: context.processorCount).run()
        guard found.failureCount == 0 else {
            let first = found.failures.first.map { ": \($0.subject): \($0.message)" } ?? ""
            throw CommandFailure(
                .input, "\(instance.subject) is damaged\(first)", help: "slipway verify lists every failure")
        }
        return SealedRun(
            began: began, bundleDigest: bundle.bundleDigest, publicDigest: bundle.publicDigest,
            toolVersion: Release.version, blobs: Int64(found.blobCount), bytes: found.byteCount,
            signer: signer.map { SealedRun.Signer(name: $0.name, keyType: $0.keyType, fingerprint: $0.fingerprint) })
    }

    private func provider(_ paths: InstancePaths, _ bundle: Unbundling.Bundle?) throws -> any Provider {
        let present = (try? Instance.open(paths)).map(\.record.provider)
        if let name = instance.provider ?? present { return name.make(forwardPort: sshPort) }
        guard let bundle else { throw LaunchError.noInstance(name: paths.name, root: paths.root) }
        return ProviderName.suited(to: bundle.launchPlan).make(forwardPort: sshPort)
    }

    private func bringUp(
        _ launcher: Launcher, _ bundle: Unbundling.Bundle?, _ context: Context
    ) async throws -> UpSummary {
        guard let bundle else {
            let started = try launcher.start(machines)
            return UpSummary(instance: try Instance.open(launcher.paths), started: started)
        }
        let supplies = try await supplies(bundle, context)
        // What was exchanged is refused before anything is changed.
        try await supplies.check(
            launcher.plan(bundle, machines: machines, sealsOff: sealedOff, supplies: supplies))
        return try launcher.up(bundle, machines: machines, sealsOff: sealedOff, supplies: supplies)
    }

    private func supplies(_ bundle: Unbundling.Bundle, _ context: Context) async throws -> UpSupplies {
        try await UpSupplies(
            bundle: bundle, baseTree: base.map { URL(fileURLWithPath: $0).standardizedFileURL.path }, depot: depot,
            image: image, store: store.open(context))
    }

    private func show(_ steps: [UpStep], _ paths: InstancePaths, _ context: Context) {
        switch output.format {
        case .json:
            context.out(JSONOutput.line(["instance": .string(paths.name), "steps": .array(steps.map(\.json))]))
        case .text:
            context.out(steps.isEmpty ? "\(paths.name): nothing to do\n" : steps.map { "\($0)\n" }.joined())
        }
    }

    private func note(_ summary: UpSummary, _ context: Context) {
        let absent = summary.instance.record.machines.mapValues(\.absent).filter { !$0.value.isEmpty }
        if !absent.isEmpty {
            let names = Set(absent.values.joined()).sorted()
            context.err(
                "note: absent payloads, what needs them waits: \(names.joined(separator: ", "))\n"
                    + "note: waiting machines: \(absent.keys.sorted().joined(separator: ", "))\n")
        }
        if !summary.needRestart.isEmpty {
            let names = summary.needRestart.joined(separator: " ")
            let name = summary.instance.paths.name
            context.err(
                "note: these run on with what they were started with, and find the rest when they start anew: \(names)\n"
                    + "note: slipway stop \(name) \(names) && slipway start \(name) \(names)\n")
        }
    }
}
