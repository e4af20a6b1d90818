import BundleFormat
import HostSystem

@testable import Launching

/// A provider with at most one machine that runs; `enter` runs programs in it.
struct FakeProvider: Provider {
    var name = ProviderName.nspawn
    var media = Media.directories
    let machine: RunningMachine?
    /// More machines that run.
    var others: [String] = []
    var api = APIAccess.address
    var stage: BootStage?
    /// Notes what is done with machines and their disks.
    var asked = Asked()

    func examine(_ subject: Examination) -> [Finding] { [] }
    func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] {
        try asked.note("start \(machines.map(\.name).joined(separator: " "))")
        return machines.map(\.name)
    }
    func stop(_ machines: [LaunchDefinition], of instance: Instance, grace: Int) throws(LaunchError) -> [String] {
        try asked.note("stop \(machines.map(\.name).joined(separator: " "))")
        return machines.map(\.name).filter { $0 == machine?.name }
    }
    func running(_ instance: Instance) -> [String: RunningMachine] {
        let all = (machine.map { [$0] } ?? []) + others.map { RunningMachine(name: $0, state: .running) }
        return Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }
    func api(_ instance: Instance) -> APIAccess { api }
    func execution(
        _ arguments: [String], in machine: RunningMachine, of instance: Instance, terminal: String?
    ) -> ExternalCommand { ExternalCommand(["enter", machine.name] + arguments) }
    func login(_ machine: String, _ arguments: [String], _ instance: Instance) -> ExternalCommand {
        ExternalCommand(["login", machine] + arguments)
    }
    func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) -> ExternalCommand { ExternalCommand(["log", machine]) }
    func console(of machine: String, _ instance: Instance) -> ConsoleAccess { .socket(path: "/console") }
    var network: [String] = []
    func faults(_ instance: Instance) -> [String] { network }
    func stage(of machine: String, _ instance: Instance) -> BootStage? { stage }
    func remove(_ machines: [LaunchDefinition], of instance: Instance) {}
    func destroy(_ paths: InstancePaths) {}
    func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError) { try asked.note("take \(name)") }
    func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError) {
        try asked.note("restore \(name)")
    }
    func deleteSnapshot(_ name: String, of instance: Instance) throws(LaunchError) { try asked.note("delete \(name)") }
}
