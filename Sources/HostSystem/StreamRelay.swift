internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// Keeps what comes from a TCP port of 127.0.0.1 in a file, and shares the connection with whoever attaches at a Unix socket:
/// what they type goes to the port. The port's server takes one connection, and forgets what it says to nobody.
public struct StreamRelay {
    public let port: Int
    /// The file; at each new connection, and when it is full, it becomes `<log>.1` and is begun anew.
    public let log: String
    /// Relative to where this process is when the name would be too long: ``UnixSocket/pathLimit``.
    public let socket: String
    /// Bytes.
    public let limit: Int

    public init(port: Int, log: String, socket: String, limit: Int = 8 << 20) {
        (self.port, self.log, self.socket, self.limit) = (port, log, socket, limit)
    }

    /// Runs until it is not wanted any more, which is asked every second; or until the file cannot be written.
    public func run(while isWanted: () -> Bool) {
        _ = unsafe unlink(socket)
        let listener = listen()
        var (source, watchers, length): (Int32?, [Int32], Int) = (nil, [], 0)
        // Who finds the server there already takes part in something that has begun: what is known of it stays.
        var isNew = false
        defer {
            for descriptor in [listener, source ?? -1] + watchers where descriptor >= 0 { SocketCalls.end(descriptor) }
            _ = unsafe unlink(socket)
        }
        while isWanted() {
            guard let connected = source else {
                source = connect()
                if source == nil {
                    isNew = true
                    usleep(200_000)
                }
                continue
            }
            var entries = ([connected, listener] + watchers).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&entries, nfds_t(entries.count), 1000) > 0 else { continue }
            if entries[0].revents != 0 {
                let bytes = SocketCalls.read(from: connected) ?? []
                if bytes.isEmpty {
                    SocketCalls.end(connected)
                    (source, isNew) = (nil, true)
                    continue
                }
                // Not when it connects: whoever tries whether the port is free listens there for a moment too.
                if isNew || length + bytes.count > limit {
                    isNew = false
                    _ = unsafe rename(log, log + ".1")
                    length = 0
                }
                guard append(bytes) else { return }
                length += bytes.count
                // One that does not read what it asked for is let go.
                for watcher in watchers where !Self.send(bytes, to: watcher) {
                    SocketCalls.end(watcher)
                    watchers.removeAll { $0 == watcher }
                }
            }
            for entry in entries.dropFirst(2) where entry.revents != 0 && watchers.contains(entry.fd) {
                let typed = SocketCalls.read(from: entry.fd) ?? []
                if typed.isEmpty {
                    SocketCalls.end(entry.fd)
                    watchers.removeAll { $0 == entry.fd }
                } else {
                    _ = Self.send(typed, to: connected)
                }
            }
            if entries[1].revents != 0 {
                let watcher = SocketCalls.admit(at: listener)
                if watcher >= 0 { watchers.append(watcher) }
            }
        }
    }

    private func append(_ bytes: [UInt8]) -> Bool {
        let file = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { SocketCalls.end(file) }
        return (try? FileDescriptor(rawValue: file).writeAll(bytes)) != nil
    }

    private func connect() -> Int32? {
        let descriptor = SocketCalls.make(for: .loopback(port: port))
        guard descriptor >= 0 else { return nil }
        if SocketCalls.attach(descriptor, to: .loopback(port: port)) == 0 { return descriptor }
        SocketCalls.end(descriptor)
        return nil
    }

    /// -1 when nobody can attach; the file is kept all the same.
    private func listen() -> Int32 {
        guard socket.utf8.count <= UnixSocket.pathLimit else { return -1 }
        let descriptor = SocketCalls.make(for: .unix(path: socket))
        if descriptor >= 0, SocketCalls.serve(descriptor, at: .unix(path: socket), waiting: 8) { return descriptor }
        SocketCalls.end(descriptor)
        return -1
    }

    /// Without waiting: false when not all of it went.
    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        SocketCalls.write(bytes, to: descriptor, waits: false) == bytes.count
    }
}
