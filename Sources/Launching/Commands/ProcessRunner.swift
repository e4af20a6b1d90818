import Foundation

/// Runs programs as child processes of this one.
public struct ProcessRunner: CommandRunner {
    public init() {}

    public func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        let program = try Self.executable(command.program)
        let environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
        let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
        let input = try Scratch(command.input)
        switch command.output {
        case .captured:
            let (output, errors) = (try Scratch(), try Scratch())
            let status = try ChildProcess.run(
                program, command.arguments, environment: variables, input: input.descriptor,
                output: output.descriptor, errors: errors.descriptor)
            return CommandResult(status: status, output: output.text(), errors: errors.text())
        case .appended(let path):
            let file = try Self.appending(path)
            let status = try ChildProcess.run(
                program, command.arguments, environment: variables, input: input.descriptor,
                output: file.fileDescriptor, errors: file.fileDescriptor)
            return CommandResult(status: status)
        }
    }

    /// The program's place. Besides PATH the directories of administration are searched, which a user's PATH may lack.
    static func executable(_ program: String) throws(LaunchError) -> String {
        if program.hasPrefix("/") { return program }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
            let candidate = "\(directory)/\(program)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw .missingProgram(program)
    }

    private static func appending(_ path: String) throws(LaunchError) -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw .system(call: "write", path: path, reason: "it cannot be opened")
        }
        file.seekToEndOfFile()
        return file
    }
}
