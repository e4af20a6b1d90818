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
            let blocks = names.map {
                units[$0] ?? "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nJob=0\n"
            }
            return CommandResult(status: 0, output: blocks.joined(separator: "\n"))
        }
        commands.append(text)
        let answer = answers.filter { text.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value
        return answer ?? CommandResult(status: 0, output: "")
    }

    func pause(milliseconds: Int) { pauses += 1 }

    /// The commands since the last call.
    func takeCommands() -> [String] {
        defer { commands = [] }
        return commands
    }
}
