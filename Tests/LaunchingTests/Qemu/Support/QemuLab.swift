import BundleFormat
import Foundation
import HostSystem
import LaunchingSupport
import Values

@testable import Launching
@testable import Qemu

/// A directory with what an instance's machines need to be started, and the QEMUs that a test starts there. They end with
/// the test.
final class QemuLab {
    let directory = "/tmp/slipway-lab-\(UUID().uuidString.prefix(8))"
    let names = QemuNames(tag: "slipway-\(UUID().uuidString.prefix(8).lowercased())")
    let host: QemuHost
    private let runner = ProcessRunner()

    init(machines: [String], host: QemuHost) throws {
        self.host = host
        for machine in machines {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(QemuNames.directory(machine))", withIntermediateDirectories: true)
        }
    }

    deinit {
        for process in (try? processes()) ?? [] { ProcessSignal.kill.send(to: process.id) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func processes() throws -> [QemuProcess] {
        try QemuProcesses(system: Computer.current.system, runner: runner).find(tag: names.tag)
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        try runner.require(ExternalCommand(arguments, directory: directory, timeLimit: 60))
    }

    func start(_ arguments: [String]) throws {
        _ = try runner.start(
            ExternalCommand(arguments, directory: directory, output: .appended(path: "\(directory)/log")))
    }

    /// A machine whose disk begins as an image that boots nothing.
    func makeDisks(_ machine: String) throws {
        let images = QemuImageCommand(program: host.imageProgram)
        if !FileManager.default.fileExists(atPath: "\(directory)/images") {
            try FileManager.default.createDirectory(atPath: "\(directory)/images", withIntermediateDirectories: true)
            try Data(count: 1 << 20).write(to: URL(fileURLWithPath: "\(directory)/images/image"))
            try Data(count: 1 << 16).write(to: URL(fileURLWithPath: "\(directory)/\(QemuNames.depot)"))
        }
        try Data(count: 1 << 16).write(to: URL(fileURLWithPath: "\(directory)/\(QemuNames.seed(machine))"))
        try run(
            images.create(QemuNames.disk(machine), backing: QemuNames.backing("image"), format: .raw, size: 1 << 26))
    }

    func definition(_ machine: String, number: Int, forwards: Bool = false) -> LaunchDefinition {
        LaunchDefinition(
            name: machine, role: forwards ? .jump : .etcd, uuid: "6F9619FF-8B86-4011-B42D-00CF4FC9640\(number)",
            mac: "52:54:00:00:00:0\(number)",
            address: "192.168.64.1\(number)", cpus: 1, memory: 64, disk: 64, image: "image",
            forwardMAC: forwards ? "52:54:00:00:01:0\(number)" : nil)
    }

    func plan(_ machines: [LaunchDefinition]) -> LaunchPlan {
        LaunchPlan(
            cluster: "lab", architecture: host.guest, sharesKernel: false, subnet: "192.168.64.0/24",
            gateway: "192.168.64.1", machines: machines)
    }

    func client(_ machine: String) throws(QMPError) -> QMPClient {
        try QMPClient.connect(to: "\(directory)/\(QemuNames.qmp(machine))", limit: .seconds(20))
    }

    /// Asks again until it is so.
    func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<400 {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return false
    }

    func log() -> String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }
}
