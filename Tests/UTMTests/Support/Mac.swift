import Foundation
import HostSystem
import Launching
import TestSupport

/// A Mac with UTM as far as `slipway` can tell: a state directory of its own, and stand-ins for `utmctl`, `open` and `ssh`
/// before the host's programs. Everything else is real: the program, the bundles, the store, the disks.
final class Mac {
    private let scratch: Scratch
    var path: String { scratch.path }

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        for name in ["utmctl", "open", "ssh", "utm.py"] {
            try FileManager.default.createSymbolicLink(atPath: "\(bin)/\(name)", withDestinationPath: Self.standIn)
        }
    }

    deinit {
        // Machines of a test that failed.
        for machine in machines.values {
            if let process = machine["process"] as? Int { kill(pid_t(process), SIGKILL) }
        }
    }

    static let standIn = Repository.root.appendingPathComponent("Tests/UTMTests/StandIn/utm.py").path

    private var bin: String { "\(path)/bin" }

    var environment: [String: String] {
        get throws {
            [
                "PATH": "\(bin):\(ProcessInfo.processInfo.environment["PATH"] ?? "")", "UTM_STATE": "\(path)/utm.json",
                "SLIPWAY_STATE": "\(path)/state", "XDG_CACHE_HOME": try Bundles.cache,
                "SLIPWAY_UTMCTL": "\(bin)/utmctl",
                "SLIPWAY_UTM_PAUSE": "20",
            ]
        }
    }

    // MARK: slipway

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether it has the shared network that UTM makes when a machine starts: an interface with the machines' gateway. It
    /// takes root, since each program then runs in a network of its own.
    var hasNetwork = false

    /// What starts a program on this Mac.
    private var start: [String] {
        let make =
            "ip link set lo up; ip link add bridge100 type bridge; ip address add 192.168.64.1/24 dev bridge100; ip link set bridge100 up"
        return hasNetwork ? ["unshare", "--net", "sh", "-c", "\(make); exec \"$@\"", "sh"] : []
    }

    /// The command with which the program runs here.
    var slipway: [String] { start + [Repository.slipway.path] }

    /// Runs the program as a person would.
    func run(_ arguments: String...) throws -> CommandResult { try run(arguments) }

    func run(_ arguments: [String]) throws -> CommandResult {
        try ProcessRunner().run(
            ExternalCommand(slipway + arguments, environment: try environment, timeLimit: 240))
    }

    /// Runs another program with the same stand-ins.
    func run(program: [String]) throws -> CommandResult {
        try ProcessRunner().run(ExternalCommand(program, environment: try environment, timeLimit: 240))
    }

    /// Runs the program with something to read.
    func run(input: String, _ arguments: String...) throws -> CommandResult {
        try ProcessRunner().run(
            ExternalCommand(
                slipway + arguments, environment: try environment, input: .text(input), timeLimit: 60)
        )
    }

    /// Puts a program before the host's.
    func place(program: String, _ script: String) throws {
        try scratch.write("bin/\(program)", script + "\n", mode: 0o755)
    }

    /// The same, and it must succeed.
    @discardableResult
    func must(_ arguments: String...) throws -> String {
        let result = try run(arguments)
        guard result.status == 0 else {
            throw Failed(
                description:
                    "slipway \(arguments.joined(separator: " ")): \(result.status)\n\(result.output)\(result.errors)")
        }
        return result.output
    }

    /// Runs the program with something to read; its status.
    func type(_ text: String, _ arguments: String...) throws -> Int32 {
        try ProcessRunner().run(
            ExternalCommand(
                slipway + arguments, environment: try environment, input: .text(text), timeLimit: 60)
        ).status
    }

    /// A program that has nothing to do with us, and listens at a port of 127.0.0.1; its process.
    func listen(_ port: Int) throws -> Int32 {
        let program =
            "import socket, time; s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(('127.0.0.1', \(port))); s.listen(); time.sleep(60)"
        return try ProcessRunner().start(
            ExternalCommand(["python3", "-c", program], output: .appended(path: "\(path)/listen.log")))
    }

    /// What `slipway status` says of each machine's power.
    func power(_ instance: String) throws -> [String: String] {
        // Nobody is healthy: there is no guest behind the stand-in that would say so.
        let output = try run("status", instance, "--format", "json").output
        let document = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        let machines = document?["machines"] as? [[String: Any]] ?? []
        return Dictionary(
            uniqueKeysWithValues: machines.map { ($0["name"] as? String ?? "", $0["power"] as? String ?? "") })
    }

    // MARK: UTM

    /// What a person does in UTM's window, and what befalls UTM.
    @discardableResult
    func hand(_ arguments: String...) throws -> String {
        try ProcessRunner().require(
            ExternalCommand(["\(bin)/utm.py"] + arguments, environment: ["UTM_STATE": "\(path)/utm.json"]))
    }

    var utm: [String: Any] {
        let data = FileManager.default.contents(atPath: "\(path)/utm.json") ?? Data()
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    /// UTM's machines by name.
    var machines: [String: [String: Any]] {
        let machines = utm["machines"] as? [String: [String: Any]] ?? [:]
        return Dictionary(machines.values.map { ($0["name"] as? String ?? "", $0) }) { first, _ in first }
    }

    /// Their states by name.
    var states: [String: String] { machines.compactMapValues { $0["state"] as? String } }

    var log: [String] { utm["log"] as? [String] ?? [] }

    /// The digest of the seed that a machine's guest knows.
    func seed(_ name: String) -> String? { machines[name]?["seed"] as? String }

    // MARK: Files

    func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }

    func contents(_ file: String) -> Data { FileManager.default.contents(atPath: "\(path)/\(file)") ?? Data() }

    func package(_ machine: String, of instance: String) -> String {
        "state/\(instance)/machines/\(machine)/\(instance).\(machine).utm"
    }

    /// How many names a file has.
    func links(_ file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
        return (attributes[.referenceCount] as? NSNumber)?.intValue ?? 0
    }
}
