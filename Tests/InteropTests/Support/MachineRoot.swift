import Foundation
import TestSupport

/// A machine's extracted files laid over this system's, for programs that expect them at their real paths.
///
/// Every program started gets a copy of its own: what one writes, another does not see.
struct MachineRoot {
    let bundle: BuiltBundle
    let machine: String
    /// The network to run in; without one there is only what the host has.
    var lab: NetworkLab?
    /// Programs to be found in /usr/local/bin.
    var programs: [Tool] = []

    /// Runs a program to its end.
    func run(_ command: [String], limit: Duration = .seconds(60)) throws -> Child.Outcome {
        let mountPoint = try Scratch()
        return try Child.run(try wrapped(command, at: mountPoint), limit: limit)
    }

    /// Starts a program that goes on.
    func start(_ command: [String]) throws -> Service {
        let mountPoint = try Scratch()
        return Service(child: try Child(starting: try wrapped(command, at: mountPoint)), mountPoint: mountPoint)
    }

    /// A running program and the directory it is mounted on.
    struct Service {
        let child: Child
        let mountPoint: Scratch

        /// Its root directory, as this process reaches it.
        var root: String { "/proc/\(child.identifier)/root" }
    }

    private func wrapped(_ command: [String], at mountPoint: Scratch) throws -> [String] {
        let unshare = try Tool("unshare").requirePath()
        let namespace = try lab.map { [try Tool.ip.requirePath(), "netns", "exec", $0.namespace(of: machine)] } ?? []
        let paths = try programs.map { try $0.requirePath() }.joined(separator: ":")
        return namespace + [
            unshare, "--mount", "--propagation", "private",
            Repository.scripts.appendingPathComponent("machine-root").path,
            mountPoint.url.path, bundle.tree.appendingPathComponent(machine).path, paths,
        ] + command
    }
}
