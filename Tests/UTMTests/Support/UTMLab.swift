import BundleFormat
import Foundation
import HostSystem
import LaunchingSupport
import TestSupport
import Testing
import Values

@testable import Launching
@testable import UTM

/// An instance with its files, and a UTM of its own: the stand-ins of `utmctl` and `open`, run as real programs.
final class UTMLab {
    let directory: Scratch
    let plan: LaunchPlan
    let instance: Instance
    let provider: UTMProvider
    var names: UTMNames { UTMNames(paths: instance.paths) }
    var paths: InstancePaths { instance.paths }

    var tools: String { "\(directory.path)/bin" }

    /// - Parameter directory: another lab's, to share its UTM.
    init(
        _ plan: LaunchPlan? = nil, name: String = "lab", directory: Scratch? = nil,
        host: Computer = .mac(),
        commandSeconds: Int = 60
    ) throws {
        let directory = try directory ?? Scratch()
        self.directory = directory
        let tools = "\(directory.path)/bin"
        self.plan = try plan ?? Self.smallPlan()
        let record = InstanceRecord(
            cluster: self.plan.cluster, provider: .utm,
            bundleDigest: try Digest(hex: String(repeating: "a", count: 64)), login: "k8s", baseTree: nil,
            isComplete: true)
        instance = Instance(
            paths: try InstancePaths(name: name, root: "\(directory.path)/state"), record: record, plan: self.plan)
        var limits = UTMLimits()
        limits.command = commandSeconds
        (limits.register, limits.reopen, limits.start, limits.force, limits.delete) = (40, 10, 40, 10, 10)
        // Time is counted in looks, and the stand-in goes on with each: nobody has to wait.
        provider = UTMProvider(
            runner: StandInRunner(state: "\(directory.path)/utm.json"), host: host, limits: limits,
            findTool: { () throws(UTMError) in
                UTMTool(utmctl: "\(tools)/utmctl", open: "\(tools)/open")
            }, wait: { _ in })
        try makeFiles()
    }

    /// Three machines with small disks.
    static func smallPlan(memory: Int = 256) throws -> LaunchPlan {
        let machines = (1...3).map {
            LaunchDefinition(
                name: "etcd-\($0)", role: .etcd, uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964F\($0)",
                mac: "d6:b6:67:57:6a:5\($0)", address: "192.168.64.2\($0)", cpus: 1, memory: memory, disk: 64,
                image: "image")
        }
        return try UTMPlans.changed(machines: machines)
    }

    /// What the launcher puts there before a provider's turn.
    func makeFiles() throws {
        let at = "state/\(paths.name)"
        for image in Set(plan.machines.map(\.image)) {
            try directory.write("", to: "\(at)/images/\(image)")
            try Data(SmallQcow2(size: 1 << 20).bytes).write(to: URL(fileURLWithPath: paths.image(image)))
        }
        try directory.write("depot", to: "\(at)/depot.iso")
        for machine in plan.machines {
            try directory.write("seed of \(machine.name)", to: "\(at)/machines/\(machine.name)/seed.iso")
        }
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        for name in ["utmctl", "open", "utm.py"] where !FileManager.default.fileExists(atPath: "\(tools)/\(name)") {
            try FileManager.default.createSymbolicLink(
                atPath: "\(tools)/\(name)", withDestinationPath: Mac.standIn)
        }
    }

    /// The same instance with another plan, as after another bundle was brought up.
    func with(_ plan: LaunchPlan) -> Instance { Instance(paths: paths, record: instance.record, plan: plan) }

    // MARK: The stand-in

    /// What a person does in UTM's window.
    func hand(_ arguments: String...) throws {
        let runner = StandInRunner(state: "\(directory.path)/utm.json")
        try runner.require(ExternalCommand(["\(tools)/utm.py"] + arguments))
    }

    /// Switches a misbehaviour on, for all machines or, with `.NAME` behind it, for one; a number says how often.
    func flag(_ name: String, _ number: Int? = nil) throws {
        let value = number.map(String.init) ?? "true"
        guard let dot = name.firstIndex(of: ".") else { return try hand("trait", name, value) }
        try hand("trait", String(name[..<dot]), "{\"\(name[name.index(after: dot)...])\": \(value)}")
    }

    func unflag(_ name: String) throws { try hand("trait", name, "false") }

    private var state: [String: Any] {
        let data = FileManager.default.contents(atPath: "\(directory.path)/utm.json") ?? Data()
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    /// What was called, without the directories.
    var calls: [String] {
        let log = state["log"] as? [String] ?? []
        return log.map { $0.replacingOccurrences(of: directory.path + "/", with: "") }
    }

    func forgetCalls() throws { try hand("set", "log", "[]") }

    /// UTM's machines by name, each with its state.
    var states: [String: String] {
        let machines = state["machines"] as? [String: [String: Any]] ?? [:]
        let pairs = machines.values.map { ($0["name"] as? String ?? "", $0["state"] as? String ?? "") }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The text of UTM's own file.
    var remembered: String { (try? directory.read("utm.json")) ?? "" }

    /// Makes a machine in UTM that is nobody's.
    func addForeign(name: String, uuid: String, state: String = "stopped") throws {
        try hand("add", name, "\(directory.path)/foreign.utm", uuid, state)
    }

    // MARK: Verbs

    @discardableResult
    func start(_ machines: [String] = [], _ instance: Instance? = nil) throws -> [String] {
        let instance = instance ?? self.instance
        return try provider.start(try instance.machines(machines), of: instance)
    }

    @discardableResult
    func stop(grace: Int = 20) throws -> [String] {
        try provider.stop(plan.machines, of: instance, grace: grace)
    }

    /// The text of UTM's reason for a refusal.
    func refusal(_ body: () throws -> Void) -> String? {
        let error = #expect(throws: LaunchError.self, performing: body)
        guard case .unfit(let findings)? = error else { return error?.description }
        return findings.first?.message
    }
}

/// Runs programs with the state of one UTM.
struct StandInRunner: CommandRunner {
    let state: String

    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        // The Mac is a made-up one: what this computer would say of itself is not asked.
        guard command.program.hasPrefix("/") || command.program == "qemu-img" else {
            throw .missingProgram(command.program)
        }
        return try ProcessRunner().run(
            ExternalCommand(command.arguments, environment: ["UTM_STATE": state], timeLimit: command.timeLimit))
    }

    func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 { try ProcessRunner().start(command) }
}

extension Computer {
    /// A large Mac that nothing else runs on.
    static func mac(
        architecture: Architecture = .arm64, system: Computer.System = .macOS, networks: [HostNetwork] = []
    ) -> Computer {
        Computer(
            system: system, architecture: architecture, processors: 10, availableMemory: { 64 << 30 },
            freeSpace: { _ in 500 << 30 }, networks: { networks })
    }
}
