import Applying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Without a mask a directory gets the mode that is asked for. Here and not in the library: a mask is the whole process's, and
// the tests run the library beside others.
umask(0)

// Only debug builds act on it; see FaultInjection.
let faults = unsafe getenv("SLIPWAY_FAULTS").map { unsafe String(cString: $0) }
exit(Applier.run(Array(CommandLine.arguments.dropFirst()), faults: faults))
