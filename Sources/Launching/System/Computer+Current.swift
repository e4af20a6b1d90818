import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Computer {
    /// The host that this process runs on.
    public static var current: Computer {
        Computer(
            system: system, architecture: architecture, processors: ProcessInfo.processInfo.activeProcessorCount,
            availableMemory: { Self.memory() }, freeSpace: { Self.space(at: $0) }, networks: { Self.interfaces() })
    }

    private static var system: System {
        #if canImport(Darwin)
            .macOS
        #else
            .linux
        #endif
    }

    static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// Linux says what can be taken without swapping; macOS gives its memory away and takes it back, so all of it counts
    /// but a quarter, which the system and the programs that are open need.
    private static func memory() -> Int64? {
        #if canImport(Darwin)
            Int64(ProcessInfo.processInfo.physicalMemory / 4 * 3)
        #else
            guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
            return MemoryInfo.available(text)
        #endif
    }

    private static func space(at path: String) -> Int64? {
        var path = path
        while !path.isEmpty, path != "/", !Files.exists(path) { path = (path as NSString).deletingLastPathComponent }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    private static func interfaces() -> [HostNetwork] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var result: [HostNetwork] = []
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ifa_next
            guard let address = unsafe ipv4(entry.ifa_addr), let mask = unsafe ipv4(entry.ifa_netmask) else { continue }
            let name = unsafe String(cString: entry.ifa_name)
            result.append(HostNetwork(interface: name, address: address, prefix: mask.nonzeroBitCount))
        }
        return result
    }

    /// In host byte order; nil for an address of another family.
    private static func ipv4(_ address: UnsafeMutablePointer<sockaddr>?) -> UInt32? {
        guard let address = unsafe address, unsafe Int32(address.pointee.sa_family) == AF_INET else { return nil }
        return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            unsafe UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
        }
    }
}
