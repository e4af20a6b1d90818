import BundleFormat
import Values

/// Why QEMU's control socket did not give an answer.
enum QMPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No socket, or nobody listens there: the virtual machine does not run.
    case notListening(path: String)
    /// Nothing came in time: QEMU hangs, or talks to another client (it takes one at a time).
    case silent(path: String, waitingFor: String)
    /// QEMU went away meanwhile.
    case closed(path: String, waitingFor: String)
    /// A line of more than `limit` bytes.
    case tooLong(path: String, limit: Int)
    /// What came is not the QEMU Machine Protocol.
    case malformed(path: String, reason: String)
    /// QEMU will not do it. `kind` is the protocol's error class, mostly `GenericError`.
    case refused(command: String, kind: String, reason: String)
    case system(call: String, path: String, reason: String)

    var description: String {
        switch self {
        case .notListening(let path): "no QEMU listens at \(path)"
        case .silent(let path, let awaited):
            "QEMU sent no \(awaited) to \(path) in time: it hangs, or another program is connected there"
        case .closed(let path, let awaited): "QEMU closed \(path) before it sent the \(awaited)"
        case .tooLong(let path, let limit): "\(path) sent a line of more than \(limit) bytes; QEMU sends shorter ones"
        case .malformed(let path, let reason): "what \(path) sent is not QEMU's protocol: \(reason)"
        case .refused(let command, _, let reason): "QEMU refuses \(command): \(printable(reason))"
        case .system(let call, let path, let reason): "cannot \(call) \(path): \(reason)"
        }
    }
}
