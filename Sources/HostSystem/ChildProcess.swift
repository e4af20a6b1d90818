internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A child process, by posix_spawn(3).
///
/// Not Foundation's `Process`: on Linux that one takes a child for running as long as any descendant holds a descriptor
/// it inherited, and machines are descendants that live for weeks.
///
/// Nor swift-subprocess, which was tried (1.0.2): it is asynchronous only, so that every caller up to the stop of a machine would be;
/// it starts no child that outlives this process, and has no limit of time; on macOS its `FileDescriptor` is the SDK's, another
/// type than swift-system's, which is ours everywhere else. And it is 12,400 lines where these two files have less than 400; both
/// take a quarter of a second for 200 runs of `true`.
struct ChildProcess {
    /// Absolute.
    let program: String
    /// Beginning with the program's name.
    let arguments: [String]
    /// `NAME=value`.
    let environment: [String]
    var directory: String?
    /// The descriptors that become its first three.
    var input: FileDescriptor = .standardInput
    var output: FileDescriptor = .standardOutput
    var errors: FileDescriptor = .standardError
    /// What becomes its fourth, `/dev/fd/3`.
    var beside: FileDescriptor?
    /// Whether it goes on when this process's terminal is closed or interrupted.
    var ownSession = false

    init(program: String, arguments: [String], environment: [String], directory: String? = nil) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }

    /// Runs the program and waits for it alone.
    ///
    /// - Returns: its status, 128 and the signal's number when a signal ended it.
    func run(timeLimit: Int? = nil, isTooMuch: (() -> Bool)? = nil) throws(SystemError) -> Int32 {
        try Self.wait(for: try spawn(), program: program, timeLimit: timeLimit, isTooMuch: isTooMuch)
    }

    /// - Parameters:
    ///   - timeLimit: seconds, after which the process is killed.
    ///   - isTooMuch: looked at now and then, when there is a limit of time; the process is killed once it holds.
    static func wait(
        for child: Int32, program: String, timeLimit: Int? = nil, isTooMuch: (() -> Bool)? = nil
    ) throws(SystemError) -> Int32 {
        var status: Int32 = 0
        var waited = 0
        while true {
            let ended = unsafe waitpid(child, &status, timeLimit == nil ? 0 : WNOHANG)
            if ended == child { break }
            if ended < 0, errno != EINTR { throw SystemError("wait for", program, Errno(rawValue: errno)) }
            guard let timeLimit, ended == 0 else { continue }
            if waited > timeLimit * 1000 || isTooMuch?() == true { kill(child, SIGKILL) }
            // Short at first: most programs end at once. Milliseconds.
            let pause = min(1 + waited / 4, 20)
            usleep(UInt32(pause) * 1000)
            waited += pause
        }
        // The macros of wait(2), which Swift does not import.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Starts the program, not waiting for its end.
    func spawn() throws(SystemError) -> Int32 {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        for (target, source) in [input, output, errors].enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, source.rawValue, Int32(target))
        }
        if let beside { unsafe posix_spawn_file_actions_adddup2(&actions, beside.rawValue, 3) }
        // A thread of ours may have signals blocked that the program waits for.
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | (ownSession ? Self.newSession : 0))
        // What lives for weeks must not keep open what others gave us.
        if ownSession { Self.keepDescriptorsFromChildren() }
        // posix_spawn(3) cannot change the directory everywhere; a shell that becomes the program can.
        let moved = directory.map { ["sh", "-c", #"cd "$0" && exec "$@""#, $0, program] + arguments.dropFirst() }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe (moved ?? arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) }
        unsafe variables.append(nil)
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        var child: pid_t = 0
        let error = unsafe posix_spawn(
            &child, moved == nil ? program : "/bin/sh", &actions, &attributes, &words, &variables)
        guard error == 0 else { throw SystemError("run", program, Errno(rawValue: error)) }
        return child
    }

    private static func keepDescriptorsFromChildren() {
        for name in Files<SystemError>.names(in: "/dev/fd") {
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// `POSIX_SPAWN_SETSID`, which the C library shows to GNU programs only.
    #if canImport(Darwin)
        private static let newSession: Int16 = 0x0400
    #else
        private static let newSession: Int16 = 0x80
    #endif

    /// Becomes the program. Returns only to say why not.
    func become() -> SystemError {
        if let directory, unsafe chdir(directory) != 0 {
            return SystemError("enter", directory, Errno(rawValue: errno))
        }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) }
        unsafe variables.append(nil)
        unsafe execve(program, words, variables)
        return SystemError("run", program, Errno(rawValue: errno))
    }
}

/// The signals that processes are ended with.
public enum ProcessSignal: Hashable, Sendable {
    /// Asks for an orderly end.
    case terminate
    case kill

    /// Processes that are gone already are no error.
    public func send(to process: Int32) {
        let number =
            switch self {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            }
        #if canImport(Darwin)
            _ = Darwin.kill(process, number)
        #elseif canImport(Glibc)
            _ = Glibc.kill(process, number)
        #else
            _ = Musl.kill(process, number)
        #endif
    }
}
