import Archive
import Foundation
import HostSystem
public import Launching
import SystemPackage
import Values

/// A machine's serial port under UTM, which is a TCP server on 127.0.0.1, and the collector that keeps what comes from it.
///
/// UTM writes no console to a file, and QEMU forgets what it says while nobody is connected. So a process of ours, begun
/// before the machine, stays connected: it keeps `console.log` and shares the connection at `console.sock`. It goes by itself
/// when the machine's record is gone. A machine that a person starts in UTM's window has it too, unless the Mac was
/// restarted since; then `console` and `logs --console` begin it again.
public struct UTMConsole: Hashable, Sendable {
    /// `machines/<machine>`
    let directory: String

    init(_ names: UTMNames, _ machine: String) { directory = names.paths.machine(machine) }

    var log: String { "\(directory)/console.log" }
    var socket: String { "\(directory)/console.sock" }
    private var portFile: String { "\(directory)/console.port" }

    /// The port, chosen when the machine first starts; nil before.
    var port: Int? {
        get throws(LaunchError) {
            try Files.read(portFile).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Chooses a port for a machine that does not run: the one that it had, when that is still free.
    func choosePort(besides taken: Set<Int>) throws(LaunchError) -> Int {
        // Below the ports that the qemu provider takes and those that macOS and Linux give to outgoing connections. Begun at
        // another place for each machine, so that a port is mostly the same after a destroy.
        let start = Int(Digest(hashing: Array(directory.utf8)).hex.prefix(4), radix: 16) ?? 0
        let candidates = try (port.map { [$0] } ?? []) + (0..<8000).map { 14_000 + (start + $0) % 8000 }
        guard let port = candidates.first(where: { !taken.contains($0) && LoopbackPort.isFree($0) }) else {
            throw .portInUse(candidates[0])
        }
        try Files.makeDirectory(directory)
        try Files.write(Array("\(port)".utf8), to: portFile)
        return port
    }

    /// The command that begins the collector; one that is there already goes on, and this one ends.
    func collector(program: String) -> ExternalCommand {
        ExternalCommand(
            [program, "collect-console", directory], directory: directory,
            output: .appended(path: "\(directory)/console.err"))
    }

    /// What `slipway collect-console DIRECTORY` does, in that directory.
    public static func collect(in directory: String) throws(LaunchError) {
        guard FileManager.default.changeCurrentDirectoryPath(directory) else { return }
        let lock = try Files.openForAppending("console.lock")
        // A machine's port is another one: the collector of the old one goes within a second.
        var isAlone = false
        for _ in 0..<15 where !isAlone {
            isAlone = (try? SystemCalls.lock(lock, wait: false)) == true
            if !isAlone { Thread.sleep(forTimeInterval: 0.2) }
        }
        guard isAlone, let text = try Files.read("console.port"), let port = Int(String(decoding: text, as: UTF8.self))
        else { return }
        // The names are short ones here; a socket's name may not be long.
        StreamRelay(port: port, log: "console.log", socket: "console.sock").run {
            let isOurs = (try? Files.read("console.port")) ?? nil == text
            return isOurs && Files.exists("\(directory)/utm.json")
        }
        try? lock.close()
    }
}
