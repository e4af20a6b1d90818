import Values

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the programs of this system.
final class ProcessRunner: SystemServices {
    private static let outputLimit = 256 << 10

    var isOffline: Bool { false }

    func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult {
        try finish(
            RunningProgram(command, isMerged: true, limit: Self.outputLimit), by: Self.end(of: command, microseconds))
    }

    func run(_ command: ExternalCommand, input: ImageArchive) throws(ApplyError) -> CommandResult {
        let program = try RunningProgram(command, isMerged: true, limit: Self.outputLimit, hasInput: true)
        let end = Self.end(of: command, microseconds)
        do throws(ApplyError) {
            // A program that ends, or hangs beyond its time, gets no more; its status tells.
            try input.forEachPiece { (piece) throws(ApplyError) in
                var rest = piece
                while !rest.isEmpty {
                    guard program.status() == nil, microseconds <= end, program.write(&rest) else { return false }
                    guard !rest.isEmpty else { break }
                    var interests = program.interests + program.inputInterests
                    unsafe poll(&interests, nfds_t(interests.count), 50)
                }
                return true
            }
        } catch {
            program.end()
            throw error
        }
        program.closeInput()
        return try finish(program, by: end)
    }

    private static func end(of command: ExternalCommand, _ now: Int64) -> Int64 {
        now + Int64(command.timeLimit) * 1_000_000
    }

    private func finish(_ program: RunningProgram, by end: Int64) throws(ApplyError) -> CommandResult {
        while true {
            if let status = program.status() { return CommandResult(status: status, output: program.texts.output) }
            if microseconds > end { program.end() }
            var interests = program.interests
            if interests.isEmpty { usleep(1000) } else { unsafe poll(&interests, nfds_t(interests.count), 5) }
        }
    }

    func probe(_ requests: [ProbeRequest]) -> [ProbeAnswer] { Prober.run(requests) }

    var microseconds: Int64 { MachineClock.microseconds() }
    var now: Timestamp { MachineClock.now() }
    func space(of path: String) -> DiskSpace? { DiskSpace(of: path) }
}

/// A program that was started: its output, bounded, and how it ends. It never holds anybody up.
final class RunningProgram {
    private let process: pid_t
    private let output: Descriptor
    private let errors: Descriptor
    /// Where the program's standard input is written to; -1 when there is none, or no more.
    private var input: Int32 = -1
    private var isOpen = (output: true, errors: true)
    private var bytes: (output: [UInt8], errors: [UInt8]) = ([], [])
    private let limit: Int
    private var ended: Int32?

    private static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// - Parameters:
    ///   - isMerged: standard error goes where standard output does, in the order it comes.
    ///   - limit: the most bytes that are kept of each.
    ///   - hasInput: whether standard input is what ``write(_:)`` gives, rather than nothing.
    init(_ command: ExternalCommand, isMerged: Bool, limit: Int, hasInput: Bool = false) throws(ApplyError) {
        let candidates = Self.directories.map { "\($0)/\(command.program)" }
        guard let path = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw .missingProgram(command.program)
        }
        var environment = ["PATH": Self.directories.joined(separator: ":"), "LC_ALL": "C.UTF-8", "HOME": "/root"]
        environment.merge(command.environment) { _, added in added }
        var (ends, errorEnds): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard unsafe pipe(&ends) == 0 else { throw ApplyError("pipe", path, Errno(code: errno)) }
        output = Descriptor(owning: ends[0])
        let outputEnd = Descriptor(owning: ends[1])
        guard unsafe pipe(&errorEnds) == 0 else { throw ApplyError("pipe", path, Errno(code: errno)) }
        errors = Descriptor(owning: errorEnds[0])
        let errorInput = Descriptor(owning: errorEnds[1])
        self.limit = limit
        for number in [ends[0], errorEnds[0]] {
            // Never held up by a daemon that a package script left with our pipe in its hands.
            _ = fcntl(number, F_SETFL, O_NONBLOCK)
        }
        // Other programs that are started meanwhile get none of these.
        for number in ends + errorEnds { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        guard hasInput else {
            process = try Self.start(
                path, command, environment, input: nil, output: outputEnd.number,
                errors: isMerged ? outputEnd.number : errorInput.number)
            return
        }
        // A socket and not a pipe: writing to a program that has ended is then an error, and no signal that ends this one.
        var inputs: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Self.stream, 0, &inputs) == 0 else {
            throw ApplyError("socketpair", path, Errno(code: errno))
        }
        let programEnd = Descriptor(owning: inputs[0])
        for number in inputs { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(inputs[1], F_SETFL, O_NONBLOCK)
        #if canImport(Darwin)
            var on: Int32 = 1
            _ = unsafe setsockopt(inputs[1], SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        do throws(ApplyError) {
            process = try Self.start(
                path, command, environment, input: programEnd.number, output: outputEnd.number,
                errors: isMerged ? outputEnd.number : errorInput.number)
        } catch {
            Kernel.close(inputs[1])
            throw error
        }
        input = inputs[1]
    }

    deinit { closeInput() }

    #if canImport(Glibc)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif
    #if canImport(Darwin)
        private static let sendFlags: Int32 = 0
    #else
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    /// Writes what the program takes now of the bytes and drops it from them; false when it takes no more.
    func write(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard input >= 0 else { return false }
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(input, bytes.baseAddress, bytes.count, Self.sendFlags)
        }
        guard count < 0 else {
            bytes = bytes.dropFirst(count)
            return true
        }
        return errno == EINTR || errno == EAGAIN
    }

    /// Tells the program that there is no more.
    func closeInput() {
        guard input >= 0 else { return }
        Kernel.close(input)
        input = -1
    }

    /// What to wait for before more is written.
    var inputInterests: [pollfd] { input < 0 ? [] : [pollfd(fd: input, events: Int16(POLLOUT), revents: 0)] }

    private static func start(
        _ path: String, _ command: ExternalCommand, _ environment: [String: String], input: Int32?, output: Int32,
        errors: Int32
    ) throws(ApplyError) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t? = nil
        #else
            var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input {
            unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
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

    /// What to wait for; a pipe that was closed answers at once and is not among them.
    var interests: [pollfd] {
        [(output.number, isOpen.output), (errors.number, isOpen.errors)].filter(\.1).map {
            pollfd(fd: $0.0, events: Int16(POLLIN), revents: 0)
        }
    }

    /// Reads what there is and looks whether it has ended: its exit status, 128 plus the signal's number when it was killed; nil
    /// while it runs.
    func status() -> Int32? {
        if let ended { return ended }
        var status: Int32 = 0
        let isOver = unsafe waitpid(process, &status, WNOHANG) == process
        isOpen.output = isOpen.output && Self.collect(output, into: &bytes.output, limit)
        isOpen.errors = isOpen.errors && Self.collect(errors, into: &bytes.errors, limit)
        guard isOver else { return nil }
        let signal = status & 0x7F
        ended = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return ended
    }

    /// Kills it and waits until it is gone.
    func end() {
        guard ended == nil else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        ended = 128 + SIGKILL
    }

    /// What it wrote.
    var texts: (output: String, errors: String) {
        (String(decoding: bytes.output, as: UTF8.self), String(decoding: bytes.errors, as: UTF8.self))
    }

    /// - Returns: whether more may come.
    private static func collect(_ pipe: borrowing Descriptor, into text: inout [UInt8], _ limit: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            do throws(Errno) {
                let count = try Kernel.read(pipe, into: &buffer)
                if count == 0 { return false }
                text += buffer.prefix(min(count, max(0, limit - text.count)))
            } catch { return error.code == Kernel.busy }
        }
    }
}

/// The machine's clocks.
enum MachineClock {
    /// Since the kernel started; systemd's monotonic times count the same.
    static func microseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(secondsSince1970: Int64(time.tv_sec))
    }
}

/// How full a file system is.
struct DiskSpace: Hashable {
    /// Which file system, of the machine's.
    let device: UInt64
    /// Bytes that those who are not root may still write.
    let free: Int64
    let total: Int64
    let freeFiles: Int64
    /// 0 where files are not counted.
    let totalFiles: Int64

    init(device: UInt64, free: Int64, total: Int64, freeFiles: Int64, totalFiles: Int64) {
        self.device = device
        (self.free, self.total, self.freeFiles, self.totalFiles) = (free, total, freeFiles, totalFiles)
    }

    /// Nil when the path is not there.
    init?(of path: String) {
        var (space, status) = (statvfs(), stat())
        guard unsafe statvfs(path, &space) == 0, unsafe stat(path, &status) == 0 else { return nil }
        let block = Int64(space.f_frsize)
        self.init(
            device: UInt64(truncatingIfNeeded: status.st_dev), free: Int64(space.f_bavail) &* block,
            total: Int64(space.f_blocks) &* block, freeFiles: Int64(space.f_favail), totalFiles: Int64(space.f_files))
    }
}
