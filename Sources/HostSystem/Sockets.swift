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

    deinit { SocketCalls.end(descriptor) }

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
        let descriptor = SocketCalls.make(for: .unix(path: path))
        guard descriptor >= 0 else { throw failure("make a socket for") }
        let connection = UnixSocket(owning: descriptor)
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw failure("set up a socket for") }
        while true {
            let result = SocketCalls.attach(descriptor, to: .unix(path: path))
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
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(for: Int16(POLLOUT), until: deadline)
            let count = SocketCalls.write(rest, to: descriptor)
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
        while true {
            try wait(for: Int16(POLLIN), until: deadline)
            if let bytes = SocketCalls.read(from: descriptor) {
                guard !bytes.isEmpty else { throw .closed }
                return bytes
            }
            if errno == ECONNRESET { throw .closed }
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
