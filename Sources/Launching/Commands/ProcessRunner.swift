import Foundation

/// Runs programs as child processes of this one.
public struct ProcessRunner: CommandRunner {
    public init() {}

    public func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        var child = try Self.child(command)
        let input = try Self.input(command.input)
        // A file handle that nobody needs any more closes its descriptor.
        defer { withExtendedLifetime(input) {} }
        child.input = input.fileDescriptor
        switch command.output {
        case .captured:
            let (output, errors) = (try Scratch(), try Scratch())
            defer { withExtendedLifetime((output, errors)) {} }
            (child.output, child.errors) = (output.descriptor, errors.descriptor)
            let status = try child.run(timeLimit: command.timeLimit)
            return CommandResult(status: status, output: output.text(), errors: errors.text())
        case .appended(let path):
            let file = try Self.appending(path)
            defer { withExtendedLifetime(file) {} }
            (child.output, child.errors) = (file.fileDescriptor, file.fileDescriptor)
            return CommandResult(status: try child.run(timeLimit: command.timeLimit))
        }
    }

    public func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 {
        guard case .appended(let path) = command.output else {
            throw .system(call: "start", path: command.program, reason: "its output has no file to go to")
        }
        var child = try Self.child(command)
        let (input, output) = (try Self.input(command.input), try Self.appending(path))
        defer { withExtendedLifetime((input, output)) {} }
        (child.input, child.output, child.errors) = (input.fileDescriptor, output.fileDescriptor, output.fileDescriptor)
        child.ownSession = true
        return try child.spawn()
    }

    private static func child(_ command: ExternalCommand) throws(LaunchError) -> ChildProcess {
        let environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
        return ChildProcess(
            program: try executable(command.program), arguments: command.arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(), directory: command.directory)
    }

    /// The program's place. Besides PATH the directories of administration are searched, which a user's PATH may lack.
    package static func executable(_ program: String) throws(LaunchError) -> String {
        if program.hasPrefix("/") {
            guard FileManager.default.isExecutableFile(atPath: program) else { throw .missingProgram(program) }
            return program
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
            let candidate = "\(directory)/\(program)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw .missingProgram(program)
    }

    private static func input(_ input: ExternalCommand.Input) throws(LaunchError) -> FileHandle {
        switch input {
        // Not `FileHandle.nullDevice`, which has no descriptor on Linux.
        case .nothing: return try Self.input(.file(path: "/dev/null"))
        case .text(let text): return try Scratch(Array(text.utf8)).file
        case .bytes(let bytes): return try Scratch(bytes).file
        case .file(let path):
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw .system(call: "read", path: path, reason: "it cannot be opened")
            }
            return file
        }
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
