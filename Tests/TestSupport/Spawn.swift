#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Starts a process and learns of its end, by the system's own calls.
///
/// Foundation's `Process` learns of an end by a socket closing; a second process started at the same moment inherits that
/// socket and holds it open, so that a test would wait for a server that it started itself.
enum Spawn {
    struct Failed: Error, CustomStringConvertible {
        let program: String
        let code: Int32
        var description: String { "cannot start \(program): error \(code)" }
    }

    /// The three standard streams, each a file.
    struct Streams {
        let input: String
        let output: String
        let errors: String
    }

    /// Starts a program in a process group of its own.
    static func start(_ command: [String], environment: [String: String], _ streams: Streams) throws(Failed) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t? = nil
            var attributes: posix_spawnattr_t? = nil
        #else
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, streams.input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, streams.output, O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, streams.errors, O_WRONLY, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        unsafe posix_spawnattr_setpgroup(&attributes, 0)

        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for index in unsafe arguments.indices { unsafe free(arguments[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        var identifier: pid_t = 0
        let code = unsafe posix_spawn(&identifier, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw Failed(program: command[0], code: code) }
        return identifier
    }

    /// The exit status of a child that has ended (128 and the signal's number after a signal); `nil` while it runs.
    static func statusIfEnded(_ identifier: pid_t) -> Int32? {
        var status: Int32 = 0
        guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
