import Foundation
import HostSystem

/// This process's terminal, joined with a machine's console until the person leaves or the machine ends.
public enum ConsoleSession {
    /// Ctrl-], as in telnet(1) and virsh.
    static let escape: UInt8 = 0x1D

    /// Carries bytes in both directions. Without a terminal it prints what the machine writes until standard input ends.
    ///
    /// - Parameter raw: hands on escape sequences to a terminal too.
    /// - Throws: ``LaunchError/noConsole(machine:reason:)``
    public static func run(socket path: String, machine: String, raw: Bool = false) throws(LaunchError) {
        let socket: UnixSocket
        do throws(UnixSocket.Failure) {
            socket = try UnixSocket.connect(to: path, until: .now + .seconds(3))
        } catch .late {
            throw .noConsole(
                machine: machine, reason: "another 'slipway console' may be attached, and there is room for one")
        } catch {
            throw .noConsole(machine: machine, reason: "nobody listens at \(path)")
        }
        let terminal = RawTerminal.enter(FileHandle.standardInput.fileDescriptor)
        defer { terminal?.leave() }
        do throws(UnixSocket.Failure) {
            try relay(socket, filtered: !raw && isatty(STDOUT_FILENO) == 1)
        } catch .closed {
            return
        } catch {
            throw .noConsole(machine: machine, reason: "the connection broke")
        }
    }

    private static func relay(_ socket: borrowing UnixSocket, filtered: Bool) throws(UnixSocket.Failure) {
        let input = FileHandle.standardInput
        // What is typed is echoed by the machine, with the cursor going back where a person corrects it.
        var filter = TerminalFilter(keepsLineEditing: true)
        while true {
            switch try socket.waitForInput(beside: input.fileDescriptor) {
            case .socket:
                let bytes = try socket.receive(until: .now + .seconds(1))
                // Whoever read our output has gone: nobody needs the rest.
                do {
                    try FileHandle.standardOutput.write(contentsOf: Data(filtered ? filter.pass(bytes) : bytes))
                } catch { return }
            case .other:
                let typed = Array(input.availableData)
                guard !typed.isEmpty else { return }
                let end = typed.firstIndex(of: escape)
                let sent = Array(typed[..<(end ?? typed.endIndex)])
                if !sent.isEmpty { try socket.send(sent, until: .now + .seconds(5)) }
                if end != nil { return }
            }
        }
    }
}
