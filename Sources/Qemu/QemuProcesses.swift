import Foundation
import HostSystem
import Launching

/// Finds an instance's QEMU processes by their arguments: unlike a file with a process's number that is always true, whoever
/// was killed. A zombie, which has no arguments any more, is not found: it does not run.
struct QemuProcesses: Sendable {
    let system: Computer.System
    let runner: any CommandRunner

    /// In the order of their numbers.
    func find(tag: String) throws(LaunchError) -> [QemuProcess] {
        switch system {
        case .linux: Self.inProc(tag: tag)
        case .macOS:
            Self.parse(
                try runner.require(ExternalCommand(["ps", "-axww", "-o", "pid=,command="], timeLimit: 10)), tag: tag)
        }
    }

    /// The lines of `ps`: a number and a command line each.
    static func parse(_ output: String, tag: String) -> [QemuProcess] {
        let found = output.split(whereSeparator: \.isNewline).compactMap { line -> QemuProcess? in
            let parts = line.drop { $0 == " " }.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let id = Int32(parts[0]) else { return nil }
            return QemuProcess(id: id, commandLine: parts[1].drop { $0 == " " }.description, tag: tag)
        }
        return found.sorted { $0.id < $1.id }
    }

    /// The arguments in `/proc/<id>/cmdline`, each with a zero at its end, proc(5).
    static func arguments(_ content: some Collection<UInt8>) -> [String] {
        var parts = content.split(separator: 0, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func inProc(tag: String) -> [QemuProcess] {
        var found: [QemuProcess] = []
        for name in Files.names(in: "/proc") {
            // Processes that end meanwhile have no file.
            guard let id = Int32(name), let content = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"),
                let process = QemuProcess(id: id, arguments: arguments(content), tag: tag)
            else { continue }
            found.append(process)
        }
        return found.sorted { $0.id < $1.id }
    }
}

/// A running QEMU of an instance.
struct QemuProcess: Hashable, Sendable {
    let id: Int32
    /// Nil for the switch.
    let machine: String?

    /// - Parameters:
    ///   - arguments: the whole command line.
    ///   - tag: ``InstancePaths/tag``
    /// - Returns: nil for anything but a QEMU of this instance.
    init?(id: Int32, arguments: [String], tag: String) {
        guard let program = arguments.first?.split(separator: "/").last, program.hasPrefix(Self.program),
            let option = arguments.firstIndex(of: "-name"), option + 1 < arguments.count
        else { return nil }
        self.init(id: id, name: arguments[option + 1], tag: tag)
    }

    /// From a command line whose words are no longer apart, as `ps` prints it.
    init?(id: Int32, commandLine: String, tag: String) {
        // The program's path may have spaces; the first option is `-name`, whose value has none.
        guard let option = commandLine.firstRange(of: " -name \(tag)-"),
            let program = commandLine[..<option.lowerBound].split(separator: "/").last,
            program.hasPrefix(Self.program), !program.contains(" -")
        else { return nil }
        let name = commandLine[option.lowerBound...].dropFirst(" -name ".count).prefix { $0 != " " }
        self.init(id: id, name: String(name), tag: tag)
    }

    private init?(id: Int32, name: String, tag: String) {
        let names = QemuNames(tag: tag)
        self.id = id
        if name == names.switchProcess {
            machine = nil
            return
        }
        let prefix = names.process("")
        guard name.hasPrefix(prefix), name != prefix else { return nil }
        machine = String(name.dropFirst(prefix.count))
    }

    private static let program = "qemu-system-"
}
