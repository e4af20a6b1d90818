#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// This process's terminal, joined with a machine's console until the person leaves or the machine ends.
public enum ConsoleSession {
    /// Ctrl-], as in telnet(1) and virsh.
    static let escape: UInt8 = 0x1D

    /// Carries bytes in both directions. Without a terminal it prints what the machine writes until standard input ends.
    ///
    /// - Throws: ``LaunchError/noConsole(machine:reason:)``
    public static func run(socket path: String, machine: String) throws(LaunchError) {
        let socket: UnixSocket
        do throws(UnixSocket.Failure) {
            socket = try UnixSocket.connect(to: path, until: .now + .seconds(3))
        } catch .late {
            throw .noConsole(
                machine: machine, reason: "another 'slipway console' may be attached, and there is room for one")
        } catch {
            throw .noConsole(machine: machine, reason: "nobody listens at \(path)")
        }
        let terminal = RawTerminal.enter(STDIN_FILENO)
        defer { terminal?.leave() }
        do throws(UnixSocket.Failure) {
            try relay(socket)
        } catch .closed {
            return
        } catch {
            throw .noConsole(machine: machine, reason: "the connection broke")
        }
    }

    private static func relay(_ socket: borrowing UnixSocket) throws(UnixSocket.Failure) {
        while true {
            switch try socket.waitForInput(beside: STDIN_FILENO) {
            case .socket: write(try socket.receive(until: .now + .seconds(1)))
            case .other:
                var buffer = [UInt8](repeating: 0, count: 1024)
                let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
                guard count > 0 else { return }
                let typed = buffer.prefix(count)
                let end = typed.firstIndex(of: escape)
                let sent = Array(typed[..<(end ?? typed.endIndex)])
                if !sent.isEmpty { try socket.send(sent, until: .now + .seconds(5)) }
                if end != nil { return }
            }
        }
    }

    private static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    unsafe Darwin.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #elseif canImport(Glibc)
                    unsafe Glibc.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #else
                    unsafe Musl.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #endif
            }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}
