public import ArgumentParser
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import HostSystem
import SystemPackage
import TopologySpec
public import Values

/// `slipway init [NAME]`
struct InitCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a topology to begin with, for this computer.",
        discussion: """
            Writes NAME.yaml, with an explanation in every line that has a choice, and topology.schema.json beside it for editors. On a
            terminal it asks for what the options do not say.
              slipway init                                        asks
              slipway init lab --workers 3 --control-planes 2     asks for the rest
              slipway init lab --memory 12GiB </dev/null          asks nothing
            """)

    static let schemaName = "topology.schema.json"

    @Argument(help: "The cluster's name.")
    var name: String?

    @Option(help: ArgumentHelp("Where the files are written.", valueName: "dir"), completion: .directory)
    var out = "."

    @Option(help: ArgumentHelp("Control planes, 1 to 9; with more than one there is a load balancer.", valueName: "n"))
    var controlPlanes: Int?

    @Option(help: ArgumentHelp("Members of etcd, 1 to 7; an odd number.", valueName: "n"))
    var etcd: Int?

    @Option(help: ArgumentHelp("Workers, 1 to 10000.", valueName: "n"))
    var workers: Int?

    @Flag(inversion: .prefixedNo, help: "A machine with Vault.")
    var vault = true

    @Flag(help: "Machines that are containers on this computer's kernel (Linux).")
    var sharedKernel = false

    @Option(help: "The machines' processors: arm64 or amd64. Default: this computer's.")
    var architecture: Architecture?

    @Option(
        help: ArgumentHelp(
            "The machines' network.", discussion: "Default: one that overlaps none of this computer's.",
            valueName: "network"),
        transform: { text in
            guard let network = try? IPv4Network(parsing: text) else {
                throw ValidationError("'\(text)' is not an IPv4 network; expected one such as 192.168.64.0/24")
            }
            return network
        })
    var subnet: IPv4Network?

    @Option(
        help: ArgumentHelp(
            "Memory that all machines may have together.", discussion: "Default: what this computer can give.",
            valueName: "size"),
        transform: { text in
            guard let size = ByteSize(text) else {
                throw ValidationError("'\(text)' is not a size; expected a number with MiB or GiB, such as 12GiB")
            }
            return size
        })
    var memory: ByteSize?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        for (name, value, range) in [
            ("control-planes", controlPlanes, 1...9), ("etcd", etcd, 1...7), ("workers", workers, 1...10_000),
        ] {
            if let value, !range.contains(value) {
                throw ValidationError("--\(name) takes \(range.lowerBound) to \(range.upperBound)")
            }
        }
    }

    func run(_ context: Context) async throws {
        let there = memory ?? HostFacts.availableMemory().map { ByteSize(mebibytes: Int($0 >> 20)) }
        guard let subnet = subnet ?? TopologyDraft.freeSubnet(besides: HostFacts.networks()) else {
            throw CommandFailure(
                .environment, "every private network that was tried overlaps one of this computer's",
                help: "name one with --subnet")
        }
        var draft = TopologyDraft(
            name: name ?? "ha", epoch: context.now(), architecture: architecture ?? HostFacts.architecture,
            subnet: subnet, memory: there)
        (draft.hasVault, draft.sharesKernel) = (vault, sharedKernel)
        draft.controlPlanes = controlPlanes ?? draft.controlPlanes
        draft.etcdMembers = etcd ?? draft.etcdMembers
        draft.workers = workers ?? draft.workers
        if context.isInteractive { try ask(&draft, context) }
        draft.fit(there)

        let path = directory.appending("\(draft.name).yaml").string
        let text = draft.text(schema: Self.schemaName)
        try check(text, path)
        try await CommandFailure.translating {
            try write(text, to: path)
            let schema = directory.appending(Self.schemaName).string
            if !Files<InputError>.exists(schema) { try write(JSONOutput.line(FileSchema.topology.json), to: schema) }
        }
        report(draft, path, there, context)
    }

    /// Without the `./` of the working directory.
    private var directory: FilePath { out == "." ? FilePath("") : FilePath(out) }

    /// What the command line did not say.
    private func ask(_ draft: inout TopologyDraft, _ context: Context) throws(CommandFailure) {
        if name == nil {
            draft.name = try Question("The cluster's name", draft.name, "1 to 32 of a-z, 0-9 and -").answer(context) {
                DNSLabel.isValid($0) && $0.utf8.count <= 32 ? $0 : nil
            }
        }
        if controlPlanes == nil {
            draft.controlPlanes = try number("Control planes", draft.controlPlanes, 1...9, context)
        }
        if etcd == nil { draft.etcdMembers = try number("Members of etcd", draft.etcdMembers, 1...7, context) }
        if workers == nil { draft.workers = try number("Workers", draft.workers, 1...10_000, context) }
    }

    private func number(
        _ text: String, _ value: Int, _ range: ClosedRange<Int>, _ context: Context
    ) throws(CommandFailure) -> Int {
        try Question(text, "\(value)", "\(range.lowerBound) to \(range.upperBound)").answer(context) {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// What is written passes `check`: what does not, because of the name or the subnet, is not written.
    private func check(_ text: String, _ path: String) throws(CommandFailure) {
        var report = Report()
        let topology = TopologyReader.read(SourceText(file: path, text: text), into: &report)
        _ = topology.flatMap { ClusterResolver.resolve($0, into: &report) }
        guard let error = report.diagnostics.first(where: { $0.severity == .error }) else { return }
        if error.subject == "network.services" || error.subject == "network.pods" {
            throw CommandFailure(
                .input, "the subnet is inside a range of the cluster: \(error.message)",
                help: "choose another subnet, such as 192.168.64.0/24")
        }
        throw CommandFailure(.input, error.message, help: error.help)
    }

    /// Never over something that is there.
    private func write(_ text: String, to path: String) throws(InputError) {
        guard !Files<InputError>.exists(path) else { throw .topologyExists(path: path) }
        let target = FilePath(path)
        let file = try AtomicFile<InputError>.create(in: target.removingLastComponent(), permissions: 0o644)
        try file.write(Array(text.utf8))
        do throws(InputError) {
            try file.commit(as: target.lastComponent?.string ?? "", replacing: false)
        } catch .system(let error) where error.errno == .fileExists { throw .topologyExists(path: path) }
    }

    private func report(_ draft: TopologyDraft, _ path: String, _ there: ByteSize?, _ context: Context) {
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "path": .string(path), "machines": .integer(Int64(draft.machineCount)),
                    "memory": .string("\(draft.memory)"), "subnet": .string("\(draft.subnet)"),
                ]))
        case .text:
            context.out("\(path)\n")
            context.err("\(draft.machineCount) machines with \(draft.memory) of memory, in \(draft.subnet)\n")
            if let there, draft.memory > there {
                context.err("note: this computer can give \(there): name fewer workers, or lower 'memory' in \(path)\n")
            }
            context.err("next: slipway secrets new \(draft.name).secret, then slipway lock \(path)\n")
        }
    }
}

/// A question on the terminal, with what an empty line means.
private struct Question {
    let text: String
    let standard: String
    let expected: String

    init(_ text: String, _ standard: String, _ expected: String) {
        self.text = text
        self.standard = standard
        self.expected = expected
    }

    /// - Throws: when the terminal has been closed, or after the third answer that is none.
    func answer<Value>(_ context: Context, _ parse: (String) -> Value?) throws(CommandFailure) -> Value {
        for _ in 1...3 {
            context.err("\(text) [\(standard)]: ")
            guard let line = readLine() else { break }
            let trimmed = line.trimmingPrefix { $0 == " " }
            if let value = parse(trimmed.isEmpty ? standard : String(trimmed)) { return value }
            context.err("expected \(expected)\n")
        }
        throw CommandFailure(.usage, "no answer; nothing was written", help: "slipway init --help lists the options")
    }
}

extension Architecture: ExpressibleByArgument {}
