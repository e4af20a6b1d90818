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
enum ChildProcess {
    /// Runs a program with the descriptors as its first three, and waits for it alone.
    ///
    /// - Returns: its status, 128 and the signal's number when a signal ended it.
    static func run(
        _ program: String, _ arguments: [String], environment: [String], input: Int32, output: Int32, errors: Int32
    ) throws(LaunchError) -> Int32 {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [input, output, errors].enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) }
        unsafe variables.append(nil)
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        var child: pid_t = 0
        let error = unsafe posix_spawn(&child, program, &actions, nil, &words, &variables)
        guard error == 0 else {
            throw .system(call: "run", path: program, reason: unsafe String(cString: strerror(error)))
        }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else {
                throw .system(call: "wait for", path: program, reason: unsafe String(cString: strerror(errno)))
            }
        }
        // The macros of wait(2), which Swift does not import.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
