import BundleFormat
import Foundation
import HostSystem
import Launching
import Values

/// A machine's own disk: what it has written on top of the image that all share.
struct QemuDisk {
    let instance: Instance
    let machine: LaunchDefinition
    let host: QemuHost
    let runner: any CommandRunner

    private var commands: QemuImageCommand { QemuImageCommand(program: host.imageProgram) }
    /// Relative to the instance's directory, where programs run.
    private var name: String { QemuNames.disk(machine.name) }
    private var path: String { "\(instance.paths.directory)/\(name)" }
    private var exists: Bool { Files.exists(path) }

    /// Makes the disk when there is none, and enlarges it when the bundle wants it larger. What it holds stays.
    func make() throws(LaunchError) {
        if exists {
            let size = try info(of: name, .qcow2).virtualSize
            if let grow = commands.grow(name, from: size, to: Int64(machine.disk.mebibytes) << 20) {
                try runner.require(run(grow))
            }
            return
        }
        let payload = machine.image
        let file = instance.record.bootFiles[payload] ?? payload
        let format = try format(of: QemuNames.image(file))
        let image = try info(of: QemuNames.image(file), format)
        do throws(QemuImageError) { try image.requireAlone(image: payload) } catch {
            throw .unusableImage("\(error)")
        }
        let size = QemuImageCommand.diskSize(machine.disk, image: image.virtualSize)
        let beside = name + ".new"
        try runner.require(
            run(commands.create(beside, backing: QemuNames.backing(file), format: format, size: size)))
        try Files.rename("\(instance.paths.directory)/\(beside)", to: path)
    }

    private func format(of image: String) throws(LaunchError) -> QemuImageFormat {
        let path = "\(instance.paths.directory)/\(image)"
        guard let file = FileHandle(forReadingAtPath: path),
            let header = try? file.read(upToCount: QemuImageFormat.headerLength)
        else { throw .system(call: "read", path: path, reason: "it cannot be opened") }
        do throws(QemuImageError) { return try QemuImageFormat(header: Array(header), name: machine.image) } catch {
            throw .unusableImage("\(error)")
        }
    }

    private func info(of image: String, _ format: QemuImageFormat) throws(LaunchError) -> QemuImageInfo {
        let output = try runner.require(run(commands.info(image, format: format)))
        do throws(QemuImageError) { return try QemuImageInfo(parsing: output, image: image) } catch {
            throw .unusableImage("\(error)")
        }
    }

    private func run(_ arguments: [String]) -> ExternalCommand {
        ExternalCommand(arguments, directory: instance.paths.directory, timeLimit: 600)
    }

    // MARK: Snapshots, of a machine that does not run

    func has(snapshot: String) throws(LaunchError) -> Bool {
        guard exists else { return false }
        return try info(of: name, .qcow2).snapshots.contains { $0.name == snapshot }
    }

    func take(snapshot: String) throws(LaunchError) {
        if exists { try runner.require(run(commands.snapshot(snapshot, of: name))) }
    }

    /// A machine that had never been started when the snapshot was taken had no disk.
    func restore(snapshot: String) throws(LaunchError) {
        guard try has(snapshot: snapshot) else { return try Files.remove(path) }
        try runner.require(run(commands.restore(snapshot, to: name)))
    }

    func delete(snapshot: String) throws(LaunchError) {
        if try has(snapshot: snapshot) { try runner.require(run(commands.deleteSnapshot(snapshot, of: name))) }
    }
}
