import BundleFormat
import Values

/// What `up` finds of an instance: looked at once, before anything is changed. A value, so that tests make up any.
struct UpState: Hashable, Sendable {
    let paths: InstancePaths
    var hasDirectory = false
    /// Nil when there is none, or when its making was cut short before anything could run.
    var present: Instance?
    /// The snapshot that machines are being given, when that was cut short.
    var restoring: String?
    /// What lies in `operator/`.
    var operatorFiles: [String: Digest] = [:]
    /// The machines whose seed lies where the provider takes it from.
    var seeds: Set<String> = []
    /// Of the depot's list; nil when there is no depot.
    var depot: Digest?
    /// The files in `images/`.
    var images: Set<String> = []
    var running: [String: RunningMachine.State] = [:]
    /// What is wrong with the network that machines share.
    var faults: [String] = []
    /// Whether the machines that are to be started can run here.
    var findings: [Finding] = []
    /// Of the base trees that come into question, those that are there.
    var baseTrees: Set<String> = []

    func machine(_ name: String) -> InstanceRecord.Machine { present?.record.machines[name] ?? .init() }

    /// Whether a machine needs ``Provider/start(_:of:)``: it is off, or its processor cannot go on.
    func needsStart(_ machine: String) -> Bool {
        switch running[machine] {
        case nil, .crashed: true
        case .starting, .running, .paused, .stopping: false
        }
    }

    /// Machines that run on with an older seed than the one that is in place.
    var untold: [String] {
        running.filter { $0.value != .crashed }.keys.filter { machine($0).told != machine($0).seed }.sorted()
    }

    /// Machines that run with another depot attached than the one that is in place, or with an older seed.
    var outdated: [String] {
        let attached = running.keys.filter { name in machine(name).depot.map { $0 != depot } ?? false }
        return Set(attached).union(untold).sorted()
    }

    /// What is there when the step has been done.
    func after(_ step: UpStep, to goal: UpGoal) -> UpState {
        var next = self
        switch step {
        case .makeDirectory: next.hasDirectory = true
        case .begin: next.present?.record.isComplete = false
        case .remove(let machine):
            next.present = present.map { $0.without(machine) }
            next.running[machine] = nil
            next.seeds.remove(machine)
        case .writePlan: next.present = goal.recorded(in: self)
        case .writeOperatorFiles(let names): for name in names { next.operatorFiles[name] = goal.operatorFiles[name] }
        case .placeSeed(let machine):
            next.present?.record.machines[machine, default: .init()].seed = goal.seeds[machine]
            next.seeds.insert(machine)
        case .placeBootFile(let payload, let file):
            next.present?.record.bootFiles[payload] = file
            next.images.insert(file)
        case .fillDepot: next.depot = goal.offer.depot.listing
        case .finish:
            for machine in goal.plan.machines {
                next.present?.record.machines[machine.name, default: .init()].absent = goal.absent(on: machine.name)
            }
            next.present?.record.isComplete = true
        case .resume(let machines): for machine in machines { next.running[machine] = .running }
        case .tell(let machine):
            next.present?.record.machines[machine, default: .init()].told = self.machine(machine).seed
        case .restoreNetwork: next.faults = []
        case .start(let machines):
            next.present = present.map { $0.starting(machines, depot: depot, goal.media) }
            next.faults = []
            for machine in machines { next.running[machine] = .running }
        }
        return next
    }
}
