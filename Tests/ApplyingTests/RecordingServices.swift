import Values

@testable import Applying

/// Notes what is asked of the machine's programs and answers as told.
final class RecordingServices: SystemServices {
    private(set) var commands: [String] = []
    /// Answers by the beginning of the command; the longest that fits.
    var answers: [String: CommandResult] = [:]
    /// What systemd says of each unit; nil is an enabled, active service.
    var units: [String: String] = [:]
    private(set) var pauses = 0

    var isOffline: Bool { false }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult {
        let text = command.description
        if command.program == "systemctl", command.arguments.first == "show" {
            let names = command.arguments.dropFirst(2)
            if names.isEmpty { return CommandResult(status: 0, output: "UserspaceTimestampMonotonic=100000000\n") }
            let blocks = names.map {
                units[$0] ?? "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nJob=0\n"
            }
            return CommandResult(status: 0, output: blocks.joined(separator: "\n"))
        }
        commands.append(text)
        let answer = answers.filter { text.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value
        return answer ?? CommandResult(status: 0, output: "")
    }

    /// What programs read from their standard input.
    private(set) var inputs: [[UInt8]] = []

    func run(_ command: ExternalCommand, input: ImageArchive) throws(ApplyError) -> CommandResult {
        var bytes: [UInt8] = []
        try input.forEachPiece { (piece) throws(ApplyError) in
            bytes += piece
            return true
        }
        inputs.append(bytes)
        return try run(command)
    }

    func pause(milliseconds: Int) { pauses += 1 }

    /// Answers to probes, by what a program's arguments or a server's path contain; who is not here does not answer.
    var probes: [String: ProbeAnswer] = [:]
    private(set) var probed: [ProbeRequest] = []
    var microseconds: Int64 = 700_000_000
    var now = Timestamp(secondsSince1970: 1_795_548_600)
    var spaces: [String: DiskSpace] = [:]

    func probe(_ requests: [ProbeRequest]) -> [ProbeAnswer] {
        probed += requests
        return requests.map { request in
            let text =
                switch request.kind {
                case .http(_, let port, let path): "\(port)\(path)"
                case .dns(_, let name): name
                case .program(let command): command.description
                }
            return probes.filter { text.contains($0.key) }.max { $0.key.count < $1.key.count }?.value
                ?? ProbeAnswer(outcome: .unanswered("nobody listens"))
        }
    }

    func space(of path: String) -> DiskSpace? { spaces[path] }

    /// The commands since the last call.
    func takeCommands() -> [String] {
        defer { commands = [] }
        return commands
    }
}

/// For tests that ask nobody how anything is.
extension SystemServices {
    func run(_ command: ExternalCommand, input: ImageArchive) throws(ApplyError) -> CommandResult { try run(command) }
    func probe(_ requests: [ProbeRequest]) -> [ProbeAnswer] { [] }
    var microseconds: Int64 { 0 }
    var now: Timestamp { Timestamp(secondsSince1970: 0) }
    func space(of path: String) -> DiskSpace? { nil }
}
