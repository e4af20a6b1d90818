import Foundation
package import HostSystem
import Launching
import TestSupport

/// Real machines for all tests of a suite: a bundle, a store and a state directory of their own.
package struct Lab: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String

        package init(command: String, said: String) { description = "\(command): \(said)" }

        package init(command: String, result: CommandResult) {
            self.init(command: command, said: "status \(result.status)\n\(result.output)\(result.errors)")
        }
    }

    @TaskLocal package static var current = Lab("nothing", directory: "/nonexistent")

    /// The instance, and the topology: `out/lab/<name>.yaml`.
    package let name: String
    /// Short, because it is in mount options and names of sockets; below the checkout, because overlays do not go on every
    /// file system.
    package let directory: String
    package var bundle: String { "\(directory)/\(name).tar" }
    package var state: String { "\(directory)/state" }
    package var topology: String { "\(Repository.image)/\(name).yaml" }

    package init(_ name: String, directory: String) {
        self.name = name
        self.directory = directory
    }

    /// Runs a program, and ends it after `limit` seconds.
    package func run(
        _ arguments: [String], input: ExternalCommand.Input = .nothing, limit: Int = 300, killAfter: Double? = nil
    ) throws -> CommandResult {
        let limited =
            killAfter.map { ["timeout", "--signal=KILL", "\($0)"] } ?? ["timeout", "--kill-after=5", "\(limit)"]
        return try ProcessRunner().run(
            ExternalCommand(
                limited + arguments,
                environment: ["SLIPWAY_STATE": state, "XDG_CACHE_HOME": "\(Repository.image)/cache", "LC_ALL": "C"],
                input: input))
    }

    /// Runs slipway; what it printed.
    @discardableResult
    package func slipway(_ arguments: String..., limit: Int = 300) throws -> String {
        let result = try run([Repository.slipway.path] + arguments, limit: limit)
        guard result.status == 0 else {
            throw Failed(command: "slipway \(arguments.joined(separator: " "))", result: result)
        }
        return result.output
    }

    /// Runs a program in a machine as root, past SSH.
    package func inside(_ machine: String, _ command: String..., limit: Int = 120) throws -> CommandResult {
        try run([Repository.slipway.path, "exec", name, machine, "--"] + command, limit: limit)
    }

    /// Runs a shell command on the jump host by SSH, as a person would.
    package func jump(_ command: String, limit: Int = 120) throws -> CommandResult {
        try run([Repository.slipway.path, "ssh", name, "--", command], limit: limit)
    }

    /// Puts a script into a machine; its path there.
    @discardableResult
    package func place(_ script: String, on machine: String) throws -> String {
        let text = try Data(contentsOf: URL(fileURLWithPath: "\(Repository.scripts)/\(script)")).base64EncodedString()
        let path = "/run/\(script)"
        let result = try inside(
            machine, "sh", "-c", "echo \"$1\" | base64 -d >\"$2\" && chmod 755 \"$2\"", "sh", text, path)
        guard result.status == 0 else { throw Failed(command: "placing \(script)", result: result) }
        return path
    }

    /// Starts a script as a unit of its name that nobody waits for.
    package func start(_ script: String, on machine: String, _ arguments: String...) throws {
        let path = try place(script, on: machine)
        let start = ["systemd-run", "--quiet", "--collect", "--unit=\(script)", path] + arguments
        let result = try run([Repository.slipway.path, "exec", name, machine, "--"] + start)
        guard result.status == 0 else { throw Failed(command: "starting \(script)", result: result) }
    }

    /// Looks until the condition holds; false after `seconds`.
    package func eventually(within seconds: Double, _ condition: () throws -> Bool) throws -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        repeat {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.3)
        } while Date() < end
        return false
    }

    /// What `slipway status` says of this lab, or of another instance in its state directory.
    package func report(_ name: String? = nil) throws -> InstanceReport {
        // It ends with 3 when something is not well, and says what all the same.
        let text = try run([Repository.slipway.path, "status", name ?? self.name, "--format", "json"]).output
        return try JSONDecoder().decode(InstanceReport.self, from: Data(text.utf8))
    }

    package func status(_ name: String? = nil) throws -> [MachineReport] {
        try report(name).machines
    }
}
