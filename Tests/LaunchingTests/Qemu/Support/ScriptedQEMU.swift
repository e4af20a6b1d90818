import Foundation
import Synchronization

@testable import Launching

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A stand-in for QEMU at the other end of a control socket: one client, and what it says is written beforehand.
final class ScriptedQEMU: Sendable {
    enum Step: Sendable {
        case send(String)
        case bytes([UInt8])
        /// Waits for a whole line.
        case receive
        case close
    }

    static let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": ""}, "capabilities": ["oob"]}}"#
        + "\r\n"
    /// Up to the moment when commands are taken.
    static let welcome: [Step] = [.send(greeting), .receive, .send(#"{"return": {}, "id": 1}"# + "\r\n")]

    let path: String
    private let listener: Int32
    private let lines = Mutex<[String]>([])
    private let finished = DispatchSemaphore(value: 0)

    struct CannotListen: Error {}

    /// Listens at the path, which must fit a socket's name. After the last step the connection stays open until the client
    /// goes.
    init(_ steps: [Step], at path: String) throws {
        self.path = path
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        listener = socket(AF_UNIX, type, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe field.copyBytes(from: name.prefix(field.count - 1))
        }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 1) == 0 else { throw CannotListen() }
        Thread.detachNewThread { [self] in
            let client = accept(listener, nil, nil)
            if client >= 0 {
                serve(client, steps)
                _ = close(client)
            }
            finished.signal()
        }
    }

    /// What the client has sent, once it has gone.
    func received() -> [String] {
        _ = finished.wait(timeout: .now() + 10)
        finished.signal()
        return lines.withLock { $0 }
    }

    private func serve(_ client: Int32, _ steps: [Step]) {
        for step in steps {
            switch step {
            case .send(let text): guard write(Array(text.utf8), client) else { return }
            case .bytes(let bytes): guard write(bytes, client) else { return }
            case .receive: guard readLine(client) else { return }
            case .close: return
            }
        }
        while readLine(client) {}
    }

    private func write(_ bytes: [UInt8], _ client: Int32) -> Bool {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe send(client, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func readLine(_ client: Int32) -> Bool {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe recv(client, &byte, 1, 0) == 1 {
            if byte == 0x0A {
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                return true
            }
            line.append(byte)
        }
        return false
    }

    /// Listens no longer; the socket's file stays, as after a SIGKILL.
    func die() { _ = close(listener) }
}
