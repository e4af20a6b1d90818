#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the programs of this system.
final class ProcessRunner: SystemServices {
    private static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    private static let outputLimit = 256 << 10

    var isOffline: Bool { false }

    func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult {
        let candidates = Self.directories.map { "\($0)/\(command.program)" }
        guard let path = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw .missingProgram(command.program)
        }
        var environment = ["PATH": Self.directories.joined(separator: ":"), "LC_ALL": "C.UTF-8", "HOME": "/root"]
        environment.merge(command.environment) { _, added in added }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw ApplyError("pipe", path, Errno(code: errno)) }
        let output = Descriptor(owning: ends[0])
        let process: pid_t
        do {
            let input = Descriptor(owning: ends[1])
            // Never held up by a daemon that a package script left with our pipe in its hands.
            _ = fcntl(output.number, F_SETFL, O_NONBLOCK)
            process = try Self.start(path, command, environment, output: output.number, input: input.number)
        }
        return try Self.await(process, output, command)
    }

    private static func start(
        _ path: String, _ command: ExternalCommand, _ environment: [String: String], output: Int32, input: Int32
    ) throws(ApplyError) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t? = nil
        #else
            var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 2)
        unsafe posix_spawn_file_actions_addclose(&actions, output)
        unsafe posix_spawn_file_actions_addclose(&actions, input)
        let arguments = unsafe ([path] + command.arguments).map { unsafe strdup($0) } + [nil]
        let variables =
            unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for index in unsafe arguments.indices { unsafe free(arguments[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, nil, arguments, variables)
        guard code == 0 else { throw ApplyError("start", path, Errno(code: code)) }
        return process
    }

    /// Collects the output until the process ends or its time is up.
    private static func await(
        _ process: pid_t, _ output: borrowing Descriptor, _ command: ExternalCommand
    ) throws(ApplyError) -> CommandResult {
        var text: [UInt8] = []
        var status: Int32 = 0
        var waited = 0
        while true {
            let ended = unsafe waitpid(process, &status, WNOHANG) == process
            collect(output, into: &text)
            if ended { break }
            if waited > command.timeLimit * 1000 { kill(process, SIGKILL) }
            var poller = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            // A pipe that was closed answers at once; then only the process is waited for.
            let before = milliseconds()
            unsafe poll(&poller, 1, 5)
            if Int32(poller.revents) & Int32(POLLHUP) != 0 { usleep(1000) }
            waited += max(1, milliseconds() - before)
        }
        let signal = status & 0x7F
        let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return CommandResult(status: code, output: String(decoding: text, as: UTF8.self))
    }

    private static func collect(_ output: borrowing Descriptor, into text: inout [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while let count = try? Kernel.read(output, into: &buffer), count > 0 {
            text += buffer.prefix(min(count, max(0, outputLimit - text.count)))
        }
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }
}
