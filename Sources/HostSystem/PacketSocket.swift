internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// What arrives at a network interface for this host, frame by frame: packet(7), so Linux and root. Elsewhere there is none.
public struct PacketSocket: ~Copyable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { SocketCalls.end(descriptor) }

    // From <linux/if_packet.h>, <linux/if_ether.h> and <bits/socket.h>, of which not every C library's module has all.
    private static let family: Int32 = 17
    private static let everyProtocol = UInt16(0x0003).bigEndian
    private static let level: Int32 = 263
    private static let statistics: Int32 = 6
    private static let forUs: UInt8 = 0
    /// SO_RCVBUFFORCE
    private static let bufferOption: Int32 = 33
    /// Bytes of `struct sockaddr_ll`.
    private static let addressSize = 20
    /// More than an Ethernet frame; of a larger one the beginning is taken.
    private static let frameSize = 2048

    /// - Parameter interface: of this process's network namespace.
    public static func open(interface: String) throws(SystemError) -> PacketSocket {
        #if os(Linux)
            #if canImport(Glibc)
                let type = Int32(SOCK_RAW.rawValue)
            #else
                let type = SOCK_RAW
            #endif
            // Without a protocol nothing arrives until it is bound to the interface.
            let descriptor = socket(family, type, 0)
            guard descriptor >= 0 else { throw SystemError("watch", interface, Errno(rawValue: errno)) }
            let opened = PacketSocket(owning: descriptor)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let index = unsafe if_nametoindex(interface)
            guard index > 0 else { throw SystemError("watch", interface, Errno(rawValue: errno)) }
            var size: Int32 = 8 << 20
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, bufferOption, &size, socklen_t(MemoryLayout<Int32>.size))
            var address = [UInt8](repeating: 0, count: addressSize)
            unsafe address.withUnsafeMutableBytes { bytes in
                unsafe bytes.storeBytes(of: UInt16(family), as: UInt16.self)
                unsafe bytes.storeBytes(of: everyProtocol, toByteOffset: 2, as: UInt16.self)
                unsafe bytes.storeBytes(of: index, toByteOffset: 4, as: UInt32.self)
            }
            let result = unsafe address.withUnsafeBytes { bytes in
                unsafe bytes.withMemoryRebound(to: sockaddr.self) {
                    unsafe bind(descriptor, $0.baseAddress, socklen_t(addressSize))
                }
            }
            guard result == 0 else { throw SystemError("watch", interface, Errno(rawValue: errno)) }
            return opened
        #else
            throw SystemError("watch", interface, Errno(rawValue: ENOTSUP))
        #endif
    }

    /// The next frame that was sent to this host's card; nil when none came within a second.
    ///
    /// - Throws: when the interface is gone, too.
    public func receive() throws(SystemError) -> [UInt8]? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&entry, 1, 1000)
        guard ready > 0 else {
            if ready < 0, errno != EINTR { throw SystemError("watch", "frames", Errno(rawValue: errno)) }
            return nil
        }
        var frame = [UInt8](repeating: 0, count: Self.frameSize)
        var address = [UInt8](repeating: 0, count: Self.addressSize)
        var length = socklen_t(Self.addressSize)
        let count = unsafe frame.withUnsafeMutableBytes { buffer in
            unsafe address.withUnsafeMutableBytes { name in
                unsafe name.withMemoryRebound(to: sockaddr.self) {
                    unsafe recvfrom(
                        descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT), $0.baseAddress, &length)
                }
            }
        }
        guard count >= 0 else {
            if errno == EINTR || errno == EAGAIN { return nil }
            throw SystemError("watch", "frames", Errno(rawValue: errno))
        }
        // What this host sends passes here as well.
        return address[10] == Self.forUs ? Array(frame.prefix(count)) : nil
    }

    /// Frames that did not fit into the kernel's buffer since the last call.
    public func takeLost() -> Int64 {
        var numbers: (packets: UInt32, drops: UInt32) = (0, 0)
        var size = socklen_t(8)
        let result = unsafe getsockopt(descriptor, Self.level, Self.statistics, &numbers, &size)
        return result == 0 ? Int64(numbers.drops) : 0
    }
}
