import BundleFormat
import HostSystem
import Launching

/// A conversation with one QEMU over its control socket.
///
/// Keep it short: QEMU talks to one client at a time, and the next one waits until this one is gone.
struct QMPClient: ~Copyable {
    /// QEMU's longest answers to what is asked here have some hundred bytes.
    static let lineLimit = 1 << 18

    private let socket: UnixSocket
    private let path: String
    private let limit: Duration
    private var lines = LineBuffer(limit: lineLimit)
    private var lastID: Int64 = 0

    private init(owning socket: consuming UnixSocket, path: String, limit: Duration) {
        self.socket = socket
        self.path = path
        self.limit = limit
    }

    /// Connects, and is ready for commands.
    ///
    /// - Parameter limit: how long each wait for QEMU may take.
    static func connect(to path: String, limit: Duration = .seconds(2)) throws(QMPError) -> QMPClient {
        let deadline = ContinuousClock.now + limit
        let socket: UnixSocket
        do throws(UnixSocket.Failure) {
            socket = try UnixSocket.connect(to: path, until: deadline)
        } catch { throw Self.error(error, path, waitingFor: "greeting") }
        var client = QMPClient(owning: socket, path: path, limit: limit)
        guard try client.next("greeting", until: deadline) == .greeting else {
            throw .malformed(path: path, reason: "the first message is not a greeting")
        }
        try client.execute(.negotiate)
        return client
    }

    /// - Parameter limit: instead of the one for all, as snapshots of large disks take longer.
    /// - Throws: ``QMPError/refused(command:kind:reason:)`` when QEMU says no; after any other the connection is of no more use.
    @discardableResult
    mutating func execute(_ command: QMPCommand, limit: Duration? = nil) throws(QMPError) -> JSONValue {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        let awaited = "answer to \(command.name)"
        lastID += 1
        do throws(UnixSocket.Failure) {
            try socket.send(command.line(id: lastID), until: deadline)
        } catch { throw Self.error(error, path, waitingFor: awaited) }
        while true {
            switch try next(awaited, until: deadline) {
            case .event: continue
            case .result(let id, let value) where id == lastID: return value
            case .failure(let id, let kind, let reason) where id == lastID || id == nil:
                throw .refused(command: command.name, kind: kind, reason: reason)
            // A late answer to what this client has given up on.
            case .result(let id?, _) where id < lastID: continue
            case .failure(let id?, _, _) where id < lastID: continue
            case .greeting, .result, .failure:
                throw .malformed(path: path, reason: "this is no answer to \(command.name)")
            }
        }
    }

    mutating func state() throws(QMPError) -> VMState {
        let answer = try execute(.status)
        do throws(FormatError) {
            return VMState(name: try JSONCursor(answer).required("status").name())
        } catch { throw .malformed(path: path, reason: "\(error)") }
    }

    /// Ends QEMU. That it closes the connection instead of answering is an answer as well.
    mutating func quit() throws(QMPError) {
        do throws(QMPError) { try execute(.quit) } catch .closed { return }
    }

    private mutating func next(_ awaited: String, until deadline: ContinuousClock.Instant) throws(QMPError)
        -> QMPMessage
    {
        while true {
            if let line = lines.next() {
                // Keep-alives of nothing are allowed between JSON documents.
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                do throws(FormatError) { return try QMPMessage(parsing: line) } catch {
                    throw .malformed(path: path, reason: "\(error)")
                }
            }
            guard !lines.isOverlong else { throw .tooLong(path: path, limit: lines.limit) }
            do throws(UnixSocket.Failure) { lines.append(try socket.receive(until: deadline)) } catch {
                throw Self.error(error, path, waitingFor: awaited)
            }
        }
    }

    private static func error(_ failure: UnixSocket.Failure, _ path: String, waitingFor awaited: String) -> QMPError {
        switch failure {
        case .notListening: .notListening(path: path)
        case .late: .silent(path: path, waitingFor: awaited)
        case .closed: .closed(path: path, waitingFor: awaited)
        case .system(let call, let reason): .system(call: call, path: path, reason: reason)
        }
    }
}

/// Cuts what arrives into lines; no line may be longer than the limit.
struct LineBuffer {
    private var bytes: [UInt8] = []
    /// What of `bytes` is known to have no line's end.
    private var searched = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ arrived: some Sequence<UInt8>) { bytes.append(contentsOf: arrived) }

    /// Whether a line is longer than the limit, so that reading on would only take memory.
    var isOverlong: Bool { searched > limit }

    /// The next whole line without its end (LF, or CR LF as QEMU writes it); nil until the rest has arrived.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: 0x0A) else {
            searched = bytes.count
            return nil
        }
        guard end <= limit else {
            searched = end
            return nil
        }
        var line = Array(bytes[..<end])
        if line.last == 0x0D { line.removeLast() }
        bytes.removeSubrange(...end)
        searched = 0
        return line
    }
}
