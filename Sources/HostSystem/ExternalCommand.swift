private import Foundation
import SystemPackage

/// A program to run, as a value that tests compare.
public struct ExternalCommand: Hashable, Sendable {
    /// What the program reads.
    public enum Input: Hashable, Sendable {
        case nothing
        case text(String)
        case bytes([UInt8])
        case file(path: String)
    }

    /// What becomes of the program's output.
    public enum Output: Hashable, Sendable {
        case captured
        /// Appended to the file, which outlives this process.
        case appended(path: String)
    }

    /// The program, found in PATH, and its arguments; no shell is involved.
    public let arguments: [String]
    /// Added to this process's environment, or all that the program sees of one.
    public let environment: [String: String]
    public let inheritsEnvironment: Bool
    /// Where the program starts; nil for where this process is.
    public let directory: String?
    public private(set) var input: Input
    public let output: Output
    /// Seconds after which the program is killed, for one that may wait for something that never comes.
    public private(set) var timeLimit: Int?
    /// The most bytes that are taken of what it prints, for one that somebody else answers through: with more it is killed.
    public private(set) var outputLimit: Int?

    public init(
        _ arguments: [String], environment: [String: String] = [:], inheritsEnvironment: Bool = true,
        directory: String? = nil, input: Input = .nothing, output: Output = .captured, timeLimit: Int? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.inheritsEnvironment = inheritsEnvironment
        self.directory = directory
        self.input = input
        self.output = output
        self.timeLimit = timeLimit
    }

    public var program: String { arguments.first ?? "" }

    /// The same with something to read.
    public func reading(_ input: Input) -> ExternalCommand {
        var reading = self
        reading.input = input
        return reading
    }

    /// The same with a limit of time, in seconds, and of what it prints, in bytes.
    public func limited(to seconds: Int, bytes: Int? = nil) -> ExternalCommand {
        var limited = self
        limited.timeLimit = seconds
        limited.outputLimit = bytes
        return limited
    }
}

/// How a program ended, and what it said.
public struct CommandResult: Hashable, Sendable {
    /// 128 and the signal's number when a signal ended it.
    public let status: Int32
    public let output: String
    public let errors: String

    public init(status: Int32, output: String = "", errors: String = "") {
        self.status = status
        self.output = output
        self.errors = errors
    }
}

extension ExternalCommand {
    /// A program's place. Besides PATH the directories of administration are searched, which a user's PATH may lack.
    ///
    /// - Returns: nil when there is no such program.
    public static func locate(_ program: String) -> String? {
        if program.hasPrefix("/") { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
            let candidate = "\(directory)/\(program)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        return nil
    }

    /// Runs the program to its end.
    ///
    /// - Returns: its status, 137 when it was killed because its time was up.
    public func run() throws(SystemError) -> CommandResult {
        var child = try child()
        let input = OwnedDescriptor(owning: try opened(input))
        child.input = input.descriptor
        switch output {
        case .captured:
            let output = OwnedDescriptor(owning: try Scratch.file())
            let errors = OwnedDescriptor(owning: try Scratch.file())
            (child.output, child.errors) = (output.descriptor, errors.descriptor)
            let files = [output.descriptor, errors.descriptor]
            let limit = outputLimit
            let status = try child.run(timeLimit: timeLimit) {
                limit.map { limit in files.contains { Scratch.size(of: $0) > limit } } ?? false
            }
            return CommandResult(
                status: status, output: Scratch.text(of: output.descriptor, limit: limit),
                errors: Scratch.text(of: errors.descriptor, limit: limit))
        case .appended(let path):
            let file = OwnedDescriptor(owning: try Files<SystemError>.openForAppending(path))
            (child.output, child.errors) = (file.descriptor, file.descriptor)
            return CommandResult(status: try child.run(timeLimit: timeLimit))
        }
    }

    /// Runs the program to its end on the calling thread and hands on its output as it comes, whatever `output` says;
    /// `receive` stops the program by throwing.
    public func stream<Failure: SystemFailure>(
        _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> CommandResult {
        let started: (process: Int32, output: FileDescriptor, errors: FileDescriptor)
        do throws(SystemError) { started = try startStreaming() } catch { throw Failure(error) }
        defer {
            try? started.output.close()
            try? started.errors.close()
        }
        do throws(Failure) { try drain(started.output, receive) } catch {
            ProcessSignal.kill.send(to: started.process)
            _ = try? ChildProcess.wait(for: started.process, program: program)
            throw error
        }
        do throws(SystemError) {
            let status = try ChildProcess.wait(for: started.process, program: program, timeLimit: timeLimit)
            return CommandResult(status: status, errors: Scratch.text(of: started.errors))
        } catch {
            throw Failure(error)
        }
    }

    private func startStreaming() throws(SystemError) -> (
        process: Int32, output: FileDescriptor, errors: FileDescriptor
    ) {
        var child = try child()
        let input = OwnedDescriptor(owning: try opened(input))
        let errors = try Scratch.file()
        do {
            let pipe = try FileDescriptor.pipe()
            for end in [pipe.readEnd, pipe.writeEnd] { SystemCalls.keepFromChildren(end) }
            (child.input, child.output, child.errors) = (input.descriptor, pipe.writeEnd, errors)
            defer { try? pipe.writeEnd.close() }
            do throws(SystemError) { return (try child.spawn(), pipe.readEnd, errors) } catch {
                try? pipe.readEnd.close()
                throw error
            }
        } catch {
            try? errors.close()
            throw error as? SystemError ?? SystemError("make a pipe for", program, error)
        }
    }

    func drain<Failure: SystemFailure>(
        _ pipe: FileDescriptor, _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count: Int
            do { count = try unsafe buffer.withUnsafeMutableBytes { try unsafe pipe.read(into: $0) } } catch {
                throw Failure(SystemError("read from", program, error))
            }
            if count == 0 { return }
            try receive(buffer.span.extracting(first: count))
        }
    }

    /// Starts a program that goes on when this process has ended, in a session of its own; its output goes to a file.
    ///
    /// - Returns: its process.
    public func start() throws(SystemError) -> Int32 {
        guard case .appended(let path) = output else {
            throw SystemError("start", program, .invalidArgument, detail: "its output has no file to go to")
        }
        var child = try child()
        let input = OwnedDescriptor(owning: try opened(input))
        let output = OwnedDescriptor(owning: try Files<SystemError>.openForAppending(path))
        (child.input, child.output, child.errors) = (input.descriptor, output.descriptor, output.descriptor)
        child.ownSession = true
        return try child.spawn()
    }

    /// Becomes the program, which keeps the terminal; returns only by throwing.
    public func become() throws(SystemError) -> Never { throw try child().become() }

    func child() throws(SystemError) -> ChildProcess {
        guard let place = Self.locate(program) else { throw SystemError("run", program, .noSuchFileOrDirectory) }
        let inherited = inheritsEnvironment ? ProcessInfo.processInfo.environment : [:]
        let variables = inherited.merging(environment) { $1 }
        return ChildProcess(
            program: place, arguments: arguments, environment: variables.map { "\($0.key)=\($0.value)" }.sorted(),
            directory: directory)
    }

    private func opened(_ input: Input) throws(SystemError) -> FileDescriptor {
        switch input {
        case .nothing: try Files<SystemError>.openForReading("/dev/null")
        case .text(let text): try Scratch.file(Array(text.utf8))
        case .bytes(let bytes): try Scratch.file(bytes)
        case .file(let path): try Files<SystemError>.openForReading(path)
        }
    }
}

/// A file without a name, for what a program reads or prints: unlike a pipe it never fills up.
enum Scratch {
    /// Open at its beginning.
    static func file(_ content: [UInt8] = []) throws(SystemError) -> FileDescriptor {
        let path = NSTemporaryDirectory() + "/slipway-\(UUID().uuidString)"
        let file = try Files<SystemError>.createFile(path)
        do {
            try SystemCalls.unlink(path)
            _ = try file.writeAll(toAbsoluteOffset: 0, content)
            return file
        } catch {
            try? file.close()
            throw SystemError("write", path, error)
        }
    }

    static func size(of file: FileDescriptor) -> Int {
        (try? SystemCalls.status(of: file).size).map { Int(clamping: $0) } ?? 0
    }

    /// What was written, from the start; nothing of it when it is longer than the limit, since half of an answer is none.
    static func text(of file: FileDescriptor, limit: Int? = nil) -> String {
        if let limit, size(of: file) > limit { return "" }
        _ = try? file.seek(offset: 0, from: .start)
        return String(decoding: (try? Files<SystemError>.rest(of: file)) ?? [], as: UTF8.self)
    }
}
