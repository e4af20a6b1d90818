import Applying

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Only debug builds act on it; see FaultInjection.
let faults = unsafe getenv("SLIPWAY_FAULTS").map { unsafe String(cString: $0) }
exit(Applier.run(Array(CommandLine.arguments.dropFirst()), faults: faults))
