internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A connection to a Unix socket on which every wait has an end.
public struct UnixSocket: ~Copyable {
    public enum Failure: Error, Hashable, Sendable {
        /// Nothing there, or a file that a killed process has left.
        case notListening
        case late
        case closed
        case system(call: String, reason: String)
    }

    /// How long a socket's name may be: 104 bytes with the zero at its end on macOS, 108 on Linux.
    public static let pathLimit = 103

    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { try? FileDescriptor(rawValue: descriptor).close() }

    /// - Parameter path: of any length; a long one is reached by a short link, which is gone again afterwards.
    public static func connect(
        to path: String, until deadline: ContinuousClock.Instant
    ) throws(Failure) -> UnixSocket {
        guard path.utf8.count > pathLimit else { return try connect(short: path, until: deadline) }
        // A directory of our own: nobody else may choose what the link leads to.
        var template = Array("/tmp/slipway-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw failure("make a directory in /tmp for") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let link = "\(directory)/s"
        defer {
            _ = unsafe unlink(link)
            _ = unsafe rmdir(directory)
        }
        guard unsafe symlink(path, link) == 0 else { throw failure("make a link in /tmp to") }
        return try connect(short: link, until: deadline)
    }

    private static func connect(
        short path: String, until deadline: ContinuousClock.Instant
    ) throws(Failure) -> UnixSocket {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw failure("make a socket for") }
        let connection = UnixSocket(owning: descriptor)
        // Children have no use for it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw failure("set up a socket for") }
        #if canImport(Darwin)
            // A peer that has gone is an error here, not a signal that ends this process. Linux: see `send`.
            var on: Int32 = 1
            _ = unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe field.copyBytes(from: bytes.prefix(field.count - 1))
        }
        while true {
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    #if canImport(Darwin)
                        unsafe Darwin.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
                    #elseif canImport(Glibc)
                        unsafe Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
                    #else
                        unsafe Musl.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
                    #endif
                }
            }
            if result == 0 { return connection }
            switch errno {
            case EINTR: continue
            case EISCONN: return connection
            case ENOENT, ECONNREFUSED, ENOTSOCK: throw .notListening
            // Others wait in line already, and poll(2) does not tell when there is room.
            case EAGAIN, EINPROGRESS, EALREADY:
                guard ContinuousClock.now < deadline else { throw .late }
                usleep(20_000)
            default: throw failure("connect to")
            }
        }
    }

    public func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) throws(Failure) {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(for: Int16(POLLOUT), until: deadline)
            let count = unsafe rest.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    unsafe Darwin.send(descriptor, buffer.baseAddress, buffer.count, flags)
                #elseif canImport(Glibc)
                    unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, flags)
                #else
                    unsafe Musl.send(descriptor, buffer.baseAddress, buffer.count, flags)
                #endif
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || errno == ECONNRESET {
                throw .closed
            } else if errno != EINTR && errno != EAGAIN {
                throw Self.failure("write to")
            }
        }
    }

    /// What has arrived, at least a byte.
    public func receive(until deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            try wait(for: Int16(POLLIN), until: deadline)
            let count = unsafe buffer.withUnsafeMutableBytes { field in
                unsafe recv(descriptor, field.baseAddress, field.count, 0)
            }
            if count > 0 { return Array(buffer.prefix(count)) }
            if count == 0 || errno == ECONNRESET { throw .closed }
            if errno != EINTR && errno != EAGAIN { throw Self.failure("read from") }
        }
    }

    public enum Ready { case socket, other }

    /// Waits without an end until there is something to read here or from another descriptor.
    public func waitForInput(beside other: Int32) throws(Failure) -> Ready {
        while true {
            var entries = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&entries, 2, -1)
            if count < 0, errno != EINTR { throw Self.failure("wait for") }
            if entries[0].revents != 0 { return .socket }
            if entries[1].revents != 0 { return .other }
        }
    }

    private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws(Failure) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .late }
            // A millisecond more than what is left: not to wake up just before.
            let milliseconds = min(left / .milliseconds(1) + 1, 60_000)
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = unsafe poll(&entry, 1, Int32(milliseconds))
            // Errors and hang-ups are ready as well: what is done next says which.
            if count > 0 { return }
            if count < 0, errno != EINTR { throw Self.failure("wait for") }
        }
    }

    private static func failure(_ call: String) -> Failure {
        .system(call: call, reason: unsafe String(cString: strerror(errno)))
    }
}

/// A TCP port of 127.0.0.1.
public enum LoopbackPort {
    /// Whether nothing listens there: decided by listening.
    public static func isFree(_ port: Int) -> Bool {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return false }
        defer { try? FileDescriptor(rawValue: descriptor).close() }
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
