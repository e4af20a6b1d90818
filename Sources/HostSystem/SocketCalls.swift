internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// socket(2) and what goes with it, once for all. The names are others than the C library's, which could not be called by
/// theirs otherwise.
enum SocketCalls {
    enum Address {
        /// No longer than ``UnixSocket/pathLimit``.
        case unix(path: String)
        /// Of 127.0.0.1.
        case loopback(port: Int)
    }

    /// A stream socket that children do not get; negative, with `errno`, when there is none to be had.
    static func make(for address: Address) -> Int32 {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor =
            switch address {
            case .unix: socket(AF_UNIX, type, 0)
            case .loopback: socket(AF_INET, type, 0)
            }
        guard descriptor >= 0 else { return descriptor }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        #if canImport(Darwin)
            // A peer that has gone is an error here, not a signal that ends this process. Linux: see `write`.
            var on: Int32 = 1
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        return descriptor
    }

    /// Two ends of one stream that children do not get; on Linux at no instant, since a child that another thread starts meanwhile would hold
    /// its end open.
    static func pair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            #if canImport(Darwin)
                var on: Int32 = 1
                _ = unsafe setsockopt(end, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
            #endif
        }
        return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
    }

    /// All of it, waiting for room.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(rest, to: descriptor)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Errno(rawValue: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// 0, or -1 with `errno`.
    static func attach(_ descriptor: Int32, to address: Address) -> Int32 {
        unsafe with(address) { unsafe connect(descriptor, $0, $1) }
    }

    /// Listens at an address; false when that is taken.
    static func serve(_ descriptor: Int32, at address: Address, waiting: Int32) -> Bool {
        unsafe with(address) { unsafe bind(descriptor, $0, $1) } == 0 && listen(descriptor, waiting) == 0
    }

    /// Connections that have just ended are no obstacle to listening.
    static func allowReuse(_ descriptor: Int32) {
        var on: Int32 = 1
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whoever comes next; negative when nobody is there.
    static func admit(at descriptor: Int32) -> Int32 {
        let peer = accept(descriptor, nil, nil)
        if peer >= 0 { _ = fcntl(peer, F_SETFD, FD_CLOEXEC) }
        return peer
    }

    /// How many bytes went, or -1 with `errno`.
    static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32, waits: Bool = true) -> Int {
        #if canImport(Darwin)
            let flags = waits ? 0 : Int32(MSG_DONTWAIT)
        #else
            let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        #endif
        return unsafe Array(bytes).withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, flags) }
    }

    /// What has arrived, empty at the end; nil, with `errno`, when nothing can be read.
    static func read(from descriptor: Int32, atMost limit: Int = 16_384) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    static func end(_ descriptor: Int32) { try? FileDescriptor(rawValue: descriptor).close() }

    private static func with(
        _ address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        switch address {
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            unsafe withUnsafeMutableBytes(of: &name.sun_path) { field in
                unsafe field.copyBytes(from: bytes.prefix(field.count - 1))
            }
            return unsafe withUnsafePointer(to: &name) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        case .loopback(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return unsafe withUnsafePointer(to: &name) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }
}

/// A TCP port of 127.0.0.1.
public enum LoopbackPort {
    /// Whether nothing listens there: decided by listening, as QEMU does.
    public static func isFree(_ port: Int) -> Bool {
        let descriptor = SocketCalls.make(for: .loopback(port: port))
        guard descriptor >= 0 else { return false }
        defer { SocketCalls.end(descriptor) }
        SocketCalls.allowReuse(descriptor)
        return SocketCalls.serve(descriptor, at: .loopback(port: port), waiting: 1)
    }
}
