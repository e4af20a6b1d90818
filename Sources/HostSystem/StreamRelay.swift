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
            for descriptor in [listener, source ?? -1] + watchers where descriptor >= 0 { Self.end(descriptor) }
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
                let bytes = Self.receive(connected)
                if bytes.isEmpty {
                    Self.end(connected)
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
                    Self.end(watcher)
                    watchers.removeAll { $0 == watcher }
                }
            }
            for entry in entries.dropFirst(2) where entry.revents != 0 && watchers.contains(entry.fd) {
                let typed = Self.receive(entry.fd)
                if typed.isEmpty {
                    Self.end(entry.fd)
                    watchers.removeAll { $0 == entry.fd }
                } else {
                    _ = Self.send(typed, to: connected)
                }
            }
            if entries[1].revents != 0 {
                let watcher = accept(listener, nil, nil)
                if watcher >= 0 { watchers.append(watcher) }
            }
        }
    }

    private func append(_ bytes: [UInt8]) -> Bool {
        let file = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { Self.end(file) }
        return (try? FileDescriptor(rawValue: file).writeAll(bytes)) != nil
    }

    private func connect() -> Int32? {
        let descriptor = Self.make(AF_INET)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                #if canImport(Darwin)
                    unsafe Darwin.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #elseif canImport(Glibc)
                    unsafe Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #else
                    unsafe Musl.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #endif
            }
        }
        if result == 0 { return descriptor }
        Self.end(descriptor)
        return nil
    }

    /// -1 when nobody can attach; the file is kept all the same.
    private func listen() -> Int32 {
        let descriptor = Self.make(AF_UNIX)
        guard descriptor >= 0, socket.utf8.count <= UnixSocket.pathLimit else { return descriptor }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(socket.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe field.copyBytes(from: bytes.prefix(field.count - 1))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #if canImport(Darwin)
            let isListening = result == 0 && Darwin.listen(descriptor, 8) == 0
        #elseif canImport(Glibc)
            let isListening = result == 0 && Glibc.listen(descriptor, 8) == 0
        #else
            let isListening = result == 0 && Musl.listen(descriptor, 8) == 0
        #endif
        if isListening { return descriptor }
        Self.end(descriptor)
        return -1
    }

    private static func make(_ family: Int32) -> Int32 {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        #if canImport(Darwin)
            let descriptor = Darwin.socket(family, type, 0)
            // A peer that has gone is an error here, not a signal that ends this process.
            var on: Int32 = 1
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #elseif canImport(Glibc)
            let descriptor = Glibc.socket(family, type, 0)
        #else
            let descriptor = Musl.socket(family, type, 0)
        #endif
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func end(_ descriptor: Int32) { try? FileDescriptor(rawValue: descriptor).close() }

    /// Empty when the other side has gone.
    private static func receive(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(buffer.prefix(max(count, 0)))
    }

    /// Without waiting: false when not all of it went.
    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        #if canImport(Darwin)
            let flags = Int32(MSG_DONTWAIT)
        #else
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        #endif
        return unsafe bytes.withUnsafeBytes { buffer in
            #if canImport(Darwin)
                unsafe Darwin.send(descriptor, buffer.baseAddress, buffer.count, flags) == buffer.count
            #elseif canImport(Glibc)
                unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, flags) == buffer.count
            #else
                unsafe Musl.send(descriptor, buffer.baseAddress, buffer.count, flags) == buffer.count
            #endif
        }
    }
}
