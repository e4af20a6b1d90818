public import BundleFormat

/// One thing that ``Launcher/up(_:machines:supplies:)`` does. A list of these is decided before anything is changed; each
/// may be done twice, and after a kill the list of what is left is decided anew from what is there.
public enum UpStep: Hashable, Sendable {
    case makeDirectory(path: String)
    /// Notes that the instance is being changed, so that nothing is started from what is half in place.
    case begin
    /// Stops a machine that the bundle no longer has, and removes it with its disk.
    case remove(machine: String)
    /// Writes the launch plan, and records which bundle the instance is made from now.
    case writePlan(bundle: String, machines: Int)
    case writeOperatorFiles([String])
    case placeSeed(machine: String)
    /// - Parameter file: below the instance's `images/`.
    case placeBootFile(payload: String, file: String)
    case fillDepot(payloads: Int)
    /// Notes that everything is in place.
    case finish
    /// Has machines go on that are paused, to be told of a new seed like those that run.
    case resume(machines: [String])
    /// Has a machine that runs apply its new seed.
    case tell(machine: String)
    /// Mends what joins the machines, whose own state is as it should be.
    case restoreNetwork(faults: [String])
    case start(machines: [String])
}

extension UpStep: CustomStringConvertible {
    /// What the step does, as one says it before doing it.
    public var description: String {
        switch self {
        case .makeDirectory(let path): "make the directory \(path)"
        case .begin: "note that the instance is being changed"
        case .remove(let machine): "stop \(machine), which is not in the bundle, and remove it with its disk"
        case .writePlan(let bundle, let machines):
            "record the bundle \(bundle) and its \(machines) \(machines == 1 ? "machine" : "machines")"
        case .writeOperatorFiles(let names): "write the operator's files: \(names.joined(separator: ", "))"
        case .placeSeed(let machine): "place the seed of \(machine)"
        case .placeBootFile(let payload, let file): "place \(payload), which machines boot from, as images/\(file)"
        case .fillDepot(let payloads): "fill the depot with \(payloads) \(payloads == 1 ? "payload" : "payloads")"
        case .finish: "note that everything is in place"
        case .resume(let machines): "have \(machines.joined(separator: ", ")) go on"
        case .tell(let machine): "have \(machine), which is running, apply its new seed"
        case .restoreNetwork(let faults): "mend the machines' network: \(faults.joined(separator: "; "))"
        case .start(let machines): "start \(machines.joined(separator: ", "))"
        }
    }

    /// For programs: which step, what it is about, and the sentence.
    public var json: JSONValue {
        var object = JSONObject([("step", .string(name)), ("description", .string(description))])
        switch self {
        case .begin, .finish: break
        case .makeDirectory(let path): object["path"] = .string(path)
        case .writePlan(let bundle, let machines):
            object["bundleDigest"] = .string(bundle)
            object["machines"] = .integer(Int64(machines))
        case .writeOperatorFiles(let names): object["files"] = .strings(names)
        case .remove(let machine), .placeSeed(let machine), .tell(let machine): object["machine"] = .string(machine)
        case .placeBootFile(let payload, let file):
            object["payload"] = .string(payload)
            object["file"] = .string(file)
        case .fillDepot(let payloads): object["payloads"] = .integer(Int64(payloads))
        case .restoreNetwork(let faults): object["faults"] = .strings(faults)
        case .start(let machines), .resume(let machines): object["machines"] = .strings(machines)
        }
        return .object(object)
    }

    /// Which kind of step it is.
    public var name: String {
        switch self {
        case .makeDirectory: "makeDirectory"
        case .begin: "begin"
        case .remove: "remove"
        case .writePlan: "writePlan"
        case .writeOperatorFiles: "writeOperatorFiles"
        case .placeSeed: "placeSeed"
        case .placeBootFile: "placeBootFile"
        case .fillDepot: "fillDepot"
        case .finish: "finish"
        case .resume: "resume"
        case .tell: "tell"
        case .restoreNetwork: "restoreNetwork"
        case .start: "start"
        }
    }
}
