import ArgumentParser
import BundleFormat
import Comparing
import Diagnostics
import Launching
import Supplying
import Unbundling
import Values

/// `slipway diff A B`
struct DiffCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what is different between two bundles, or a bundle and an instance.",
        discussion: """
            By meaning, machine by machine: files with their lines, certificates by names, lifetime and key, payloads, units that would
            restart; and what 'slipway up' would do, in order. Nothing secret is shown.
            Ends with 0 when nothing is different, and with 1 when something is. For example:
              slipway diff out/ha-1a2b….tar out/ha-3c4d….tar
              slipway diff ha out/ha-3c4d….tar
            """)

    @Argument(help: "What there was: a bundle, or an instance's name.", completion: .subject)
    var old: String

    @Argument(help: "What there is now: a bundle, or an instance's name.", completion: .subject)
    var new: String

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let (difference, up) = try await CommandFailure.translating {
            let before = try ClusterSide.open(named: old, context, identities)
            let after = try ClusterSide.open(named: new, context, identities)
            let difference = try ClusterDifference(from: before, to: after)
            return (difference, difference.isEmpty ? nil : try await outlook(before, after, context))
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(DiffOutput.json(difference, up)))
        case .text:
            context.out(
                difference.isEmpty
                    ? "\(old) and \(new): nothing is different\n"
                    : Wrapping.sentences(DiffOutput.text(difference, up, (old, new)), to: context.outWidth))
        }
        if difference.isPublicOnly {
            context.err("note: one of them has no secret part at hand, so keys and certificates were not compared\n")
        }
        // What is different has been said.
        if !difference.isEmpty { throw CommandFailure(.input, nil) }
    }

    /// What would bring an instance to the bundle; between two bundles, an instance that the first one made to the second. Nil between
    /// two instances.
    private func outlook(_ old: ClusterSide, _ new: ClusterSide, _ context: Context) async throws -> UpOutlook? {
        do {
            switch (old.origin, new.origin) {
            case (.bundle(let before), .bundle(let after)):
                let provider: ProviderName = after.launchPlan.sharesKernel ? .nspawn : .qemu
                return .steps(try Launcher.steps(from: before, to: after, provider.make()))
            case (.instance(let instance, _), .bundle(let bundle)), (.bundle(let bundle), .instance(let instance, _)):
                let supplies = try await UpSupplies(
                    bundle: bundle, baseTree: nil, depot: nil, image: nil, store: store.open(context))
                return .steps(
                    try Launcher(instance.paths, instance.record.provider.make()).plan(bundle, supplies: supplies))
            case (.instance, .instance): return nil
            }
        } catch let error as LaunchError {
            return .refused("\(error)")
        }
    }
}

/// What `up` would make of a difference.
enum UpOutlook {
    case steps([UpStep])
    case refused(String)
}

extension ClusterSide {
    /// - Parameter subject: a bundle's file, or an instance's name.
    static func open(named subject: String, _ context: Context, _ identities: IdentityOptions) throws -> ClusterSide {
        guard !InstanceOptions.isBundle(subject) else {
            return ClusterSide(
                .bundle(try Unbundling.Bundle.open(trusted: subject, context, identities: identities).bundle))
        }
        let instance = try Instance.open(InstancePaths(name: subject, root: InstanceOptions.root(context)))
        return ClusterSide(.instance(instance, instance.record.provider.make().media))
    }
}

/// What `slipway diff` prints.
enum DiffOutput {
    /// Steps of one kind after one another that are printed; of more there is a count.
    private static let repetition = 4

    static func text(_ difference: ClusterDifference, _ up: UpOutlook?, _ names: (old: String, new: String)) -> String {
        var lines = ["from  \(names.old)", "to    \(names.new)"]
        func add(_ title: String, _ body: [String]) {
            if !body.isEmpty { lines += ["", title] + body.map { "  \($0)" } }
        }
        add("the cluster", difference.facts.map(sentence))
        add("machines that come", difference.added.map { "\($0.name), \($0.role.rawValue), \($0.address)" })
        add("machines that go", difference.removed.map { "\($0.name), \($0.role.rawValue), \($0.address)" })
        // Where the same is different, it is said once.
        var groups: [(body: [String], names: [String])] = []
        var places: [[String]: Int] = [:]
        for machine in difference.machines {
            let body = self.body(machine)
            if let place = places[body] {
                groups[place].names.append(machine.name)
            } else {
                places[body] = groups.count
                groups.append((body, [machine.name]))
            }
        }
        for group in groups { add(some(group.names), group.body) }
        add("the operator's files", difference.operatorFiles.flatMap(body))
        switch up {
        case nil: break
        case .refused(let reason): add("'slipway up' would refuse this", [reason])
        case .steps(let steps): add("'slipway up' would do this, in order", list(steps))
        }
        return lines.map { TerminalFilter.text($0) + "\n" }.joined()
    }

    /// `worker-1, worker-2, worker-3 and 997 more`
    private static func some(_ names: [String]) -> String {
        names.count <= 6
            ? names.joined(separator: ", ")
            : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }

    private static func sentence(_ fact: ClusterDifference.Fact) -> String {
        switch (fact.old, fact.new) {
        case (let old?, let new?): "\(fact.name): \(old) -> \(new)"
        case (let old?, nil): "\(fact.name): no longer (\(old))"
        case (nil, let new): "\(fact.name): new\(new.map { " (\($0))" } ?? "")"
        }
    }

    private static func body(_ machine: ClusterDifference.MachineChange) -> [String] {
        var lines = machine.facts.map(sentence) + machine.files.flatMap(body) + machine.payloads.map(sentence)
        if machine.hasOtherSettings { lines.append("accounts, directories or health checks are others") }
        if !machine.addedUnits.isEmpty { lines.append("new units: \(machine.addedUnits.joined(separator: ", "))") }
        if !machine.removedUnits.isEmpty {
            lines.append("units that end: \(machine.removedUnits.joined(separator: ", "))")
        }
        if !machine.restarts.isEmpty { lines.append("restarts: \(machine.restarts.joined(separator: ", "))") }
        return lines
    }

    private static func body(_ file: ClusterDifference.FileChange) -> [String] {
        let note = file.isSecret && file.kind == .changed ? " (secret, and not shown)" : ""
        return ["\(file.kind.rawValue) \(file.path)\(note)"] + file.facts.map { "  \(sentence($0))" }
            + (file.diff?.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { "  \($0)" } ?? [])
    }

    private static func list(_ steps: [UpStep]) -> [String] {
        var (lines, last, count): ([String], String, Int) = ([], "", 0)
        for (index, step) in steps.enumerated() {
            count = step.name == last ? count + 1 : 1
            last = step.name
            if count <= repetition { lines.append("\(index + 1). \(step)") }
            let isLast = steps.indices.contains(index + 1) ? steps[index + 1].name != last : true
            if isLast, count > repetition { lines.append("… \(count - repetition) more like this") }
        }
        return lines.isEmpty ? ["nothing"] : lines
    }

    // MARK: JSON

    static func json(_ difference: ClusterDifference, _ up: UpOutlook?) -> JSONValue {
        func machines(_ machines: [LaunchDefinition]) -> JSONValue { .strings(machines.map(\.name)) }
        var object = JSONObject([
            ("equal", .bool(difference.isEmpty)), ("compared", .string(difference.isPublicOnly ? "public" : "all")),
            ("cluster", .array(difference.facts.map(json))), ("added", machines(difference.added)),
            ("removed", machines(difference.removed)), ("machines", .array(difference.machines.map(json))),
            ("operatorFiles", .array(difference.operatorFiles.map(json))),
        ])
        switch up {
        case nil: break
        case .refused(let reason): object["upRefuses"] = .string(reason)
        case .steps(let steps): object["up"] = .array(steps.map(\.json))
        }
        return .object(object)
    }

    private static func json(_ machine: ClusterDifference.MachineChange) -> JSONValue {
        [
            "name": .string(machine.name), "role": .string(machine.role.rawValue),
            "facts": .array(machine.facts.map(json)), "files": .array(machine.files.map(json)),
            "payloads": .array(machine.payloads.map(json)), "restarts": .strings(machine.restarts),
            "addedUnits": .strings(machine.addedUnits), "removedUnits": .strings(machine.removedUnits),
            "otherSettings": .bool(machine.hasOtherSettings),
        ]
    }

    private static func json(_ file: ClusterDifference.FileChange) -> JSONValue {
        var object = JSONObject([
            ("path", .string(file.path)), ("change", .string(file.kind.rawValue)), ("secret", .bool(file.isSecret)),
            ("facts", .array(file.facts.map(json))),
        ])
        object["diff"] = file.diff.map { .string($0) }
        return .object(object)
    }

    private static func json(_ fact: ClusterDifference.Fact) -> JSONValue {
        var object = JSONObject([("name", .string(fact.name))])
        object["old"] = fact.old.map { .string($0) }
        object["new"] = fact.new.map { .string($0) }
        return .object(object)
    }
}
