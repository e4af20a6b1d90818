import Foundation
import Launching

/// One lab for all tests of the suite: a bundle, a store and a state directory of its own.
struct Lab: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let command: String
        let result: CommandResult
        var description: String { "\(command): status \(result.status)\n\(result.output)\(result.errors)" }
    }

    @TaskLocal static var current = Lab(directory: "/nonexistent")

    /// Short, because it is in mount options; below the checkout, because overlays do not go on every file system.
    let directory: String
    var bundle: String { "\(directory)/lab.tar" }
    var state: String { "\(directory)/state" }

    /// Runs a program, and ends it after `limit` seconds.
    func run(_ arguments: [String], limit: Int = 120, killAfter: Double? = nil) throws -> CommandResult {
        let limited =
            killAfter.map { ["timeout", "--signal=KILL", "\($0)"] } ?? ["timeout", "--kill-after=5", "\(limit)"]
        return try ProcessRunner().run(
            ExternalCommand(
                limited + arguments,
                environment: ["SLIPWAY_STATE": state, "XDG_CACHE_HOME": "\(directory)/cache", "LC_ALL": "C"]))
    }

    /// Runs slipway; what it printed.
    @discardableResult
    func slipway(_ arguments: String..., limit: Int = 120) throws -> String {
        let result = try run([Repository.slipway] + arguments, limit: limit)
        guard result.status == 0 else {
            throw Failed(command: "slipway \(arguments.joined(separator: " "))", result: result)
        }
        return result.output
    }

    /// Runs a program in a machine as root, past SSH.
    func inside(_ machine: String, _ command: String..., limit: Int = 60) throws -> CommandResult {
        try run([Repository.slipway, "exec", "lab", machine, "--"] + command, limit: limit)
    }

    /// Runs a shell command on the jump host by SSH, as a person would.
    func jump(_ command: String, limit: Int = 60) throws -> CommandResult {
        try run([Repository.slipway, "ssh", "lab", "--", command], limit: limit)
    }

    /// Puts a script into a machine; its path there.
    @discardableResult
    func place(_ script: String, on machine: String) throws -> String {
        let text = Data(try Repository.script(script).utf8).base64EncodedString()
        let path = "/run/\(script)"
        let result = try inside(
            machine, "sh", "-c", "echo \"$1\" | base64 -d >\"$2\" && chmod 755 \"$2\"", "sh", text, path)
        guard result.status == 0 else { throw Failed(command: "placing \(script)", result: result) }
        return path
    }

    /// Starts a script as a unit of its name that nobody waits for.
    func start(_ script: String, on machine: String, _ arguments: String...) throws {
        let path = try place(script, on: machine)
        let start = ["systemd-run", "--quiet", "--collect", "--unit=\(script)", path] + arguments
        let result = try run([Repository.slipway, "exec", "lab", machine, "--"] + start)
        guard result.status == 0 else { throw Failed(command: "starting \(script)", result: result) }
    }

    /// Looks until the condition holds; false after `seconds`.
    func eventually(within seconds: Double, _ condition: () throws -> Bool) throws -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        repeat {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.3)
        } while Date() < end
        return false
    }

    func status(_ name: String = "lab") throws -> [MachineReport] {
        let text = try slipway("status", name, "--format", "json")
        return try JSONDecoder().decode(InstanceReport.self, from: Data(text.utf8)).machines
    }
}
