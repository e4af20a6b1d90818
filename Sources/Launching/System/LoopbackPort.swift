#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A TCP port of 127.0.0.1 that leads to a machine.
package enum LoopbackPort {
    /// The port that was asked for, or the one of the last time, or else one that the instance's tag leads to, so that it is
    /// mostly the same after a destroy.
    ///
    /// - Throws: ``LaunchError/portInUse(_:)`` only for a port that was asked for.
    package static func choose(
        wanted: Int?, last: Int?, tag: String, isFree: (Int) -> Bool = isFree
    ) throws(LaunchError) -> Int {
        if let wanted {
            guard isFree(wanted) else { throw .portInUse(wanted) }
            return wanted
        }
        // Below the range that Linux and macOS give to outgoing connections.
        let first = 22_000 + (Int(tag.suffix(4), radix: 16) ?? 0) % 8_000
        let candidates = (last.map { [$0] } ?? []) + (0..<1000).map { 22_000 + (first - 22_000 + $0) % 8_000 }
        guard let port = candidates.first(where: isFree) else { throw .portInUse(first) }
        return port
    }

    /// Whether nothing listens there: decided by listening.
    package static func isFree(_ port: Int) -> Bool {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return false }
        defer { SystemCalls.close(descriptor) }
        var on: Int32 = 1
        // As QEMU does: connections that have just ended are no obstacle.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 && listen(descriptor, 1) == 0
    }
}
