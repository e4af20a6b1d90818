#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Signals as a child process finds them.
enum ChildSignals {
    /// Lets the calling thread take signals again. Threads of the concurrency pool block nearly all, threads they make inherit
    /// that, and a child that is started there would not even see an interrupt from the keyboard.
    static func unblock() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// Ends a child that has nothing to clean up.
    static func kill(_ identifier: Int32) {
        #if canImport(Darwin)
            _ = Darwin.kill(identifier, SIGKILL)
        #elseif canImport(Glibc)
            _ = Glibc.kill(identifier, SIGKILL)
        #else
            _ = Musl.kill(identifier, SIGKILL)
        #endif
    }
}
