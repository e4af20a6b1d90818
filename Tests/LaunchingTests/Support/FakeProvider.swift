import BundleFormat

@testable import Launching

/// A provider with at most one machine that runs; `enter` runs programs in it.
struct FakeProvider: Provider {
    let name = "fake"
    let machine: RunningMachine?

    func check(_ plan: LaunchPlan) {}
    func start(_ machines: [LaunchDefinition], of instance: Instance) -> [String] { machines.map(\.name) }
    func stop(_ machines: [LaunchDefinition], of instance: Instance, grace: Int) -> [String] { machines.map(\.name) }
    func running(_ instance: Instance) -> [String: RunningMachine] { machine.map { [$0.name: $0] } ?? [:] }
    func execution(_ arguments: [String], in machine: RunningMachine, terminal: String?) -> ExternalCommand {
        ExternalCommand(["enter", machine.name] + arguments)
    }
    func reaching(_ arguments: [String], _ instance: Instance) -> ExternalCommand { ExternalCommand(arguments) }
    func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) -> ExternalCommand { ExternalCommand(["log", machine]) }
    func destroy(_ paths: InstancePaths) {}
}
