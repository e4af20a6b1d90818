import Foundation
import HostSystem

/// One call after the other to a gRPC server, over whatever program carries the bytes there: HTTP/2 (RFC 9113) as far as unary calls need it.
///
/// A library would bring a network stack of its own; the way here leads through a machine's `openssl s_client`, so that the client's key stays
/// where it is. Of HPACK (RFC 7541) only literals are written and nothing is read: a unary call that succeeds has a message, and one that
/// fails has none (gRPC over HTTP/2, "Trailers-Only").
final class GRPCConnection {
    enum Failure: Error, Equatable {
        /// Nothing of the call can have reached the server.
        case notSent
        /// Whatever it asked for happened, or did not.
        case noAnswer
        /// The server answered that it did not do it, or cannot tell.
        case refused
    }

    private let carrier: Conversation
    private let authority: String
    private var stream: UInt32 = 1
    private var buffer: [UInt8] = []

    private enum FrameType {
        static let data: UInt8 = 0, headers: UInt8 = 1, reset: UInt8 = 3, settings: UInt8 = 4, ping: UInt8 = 6
        static let goAway: UInt8 = 7, windowUpdate: UInt8 = 8
    }
    private enum Flag {
        /// Of settings and ping `ACK`.
        static let endStream: UInt8 = 1
        static let endHeaders: UInt8 = 4
        static let padded: UInt8 = 8
    }
    /// RFC 9113, 6.5.2: the initial value of SETTINGS_MAX_FRAME_SIZE.
    private static let largestFrame = 16_384
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Connects; the server has greeted us once this returns.
    ///
    /// - Throws: ``Failure/notSent``
    init(over command: ExternalCommand, authority: String, within milliseconds: Int) throws(Failure) {
        self.authority = authority
        let deadline = Self.deadline(milliseconds)
        do throws(SystemError) {
            carrier = try Conversation(with: command)
            try carrier.write(Self.preface + Self.frame(FrameType.settings, 0, 0, []))
        } catch { throw .notSent }
        do throws(Failure) {
            while true {
                let frame = try next(before: deadline)
                if frame.type == FrameType.settings, frame.flags & Flag.endStream == 0 { return }
            }
        } catch { throw .notSent }
    }

    /// Calls a method with one message, and returns the answer's.
    func call(_ path: String, _ message: [UInt8], within milliseconds: Int) throws(Failure) -> [UInt8] {
        let deadline = Self.deadline(milliseconds)
        let id = stream
        stream += 2
        let headers = [
            (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", authority),
            ("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "\(milliseconds)m"),
        ].flatMap { Self.literal($0, $1) }
        let body = [0] + Self.bigEndian(UInt32(message.count)) + message
        do throws(SystemError) {
            try carrier.write(
                Self.frame(FrameType.headers, Flag.endHeaders, id, headers)
                    + Self.frame(FrameType.data, Flag.endStream, id, body))
        } catch { throw .noAnswer }
        var answer: [UInt8] = []
        while true {
            let frame = try next(before: deadline)
            switch frame.type {
            case FrameType.data where frame.stream == id:
                answer += try Self.content(frame)
                // The connection's window and the stream's, so that the server may go on.
                let count = Self.bigEndian(UInt32(frame.payload.count))
                if !frame.payload.isEmpty {
                    try send(Self.frame(FrameType.windowUpdate, 0, 0, count))
                    if frame.flags & Flag.endStream == 0 {
                        try send(Self.frame(FrameType.windowUpdate, 0, id, count))
                    }
                }
            case FrameType.headers where frame.stream == id: break
            case FrameType.reset where frame.stream == id: throw .refused
            case FrameType.goAway: throw .noAnswer
            default: continue
            }
            if frame.flags & Flag.endStream != 0 { return try Self.message(answer) }
        }
    }

    // MARK: Frames

    private struct Frame {
        let type: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]
    }

    /// The next frame; what every frame's receiver has to answer has been answered.
    private func next(before deadline: ContinuousClock.Instant) throws(Failure) -> Frame {
        while buffer.count < 9 { try receive(before: deadline) }
        let length = Int(buffer[0]) << 16 | Int(buffer[1]) << 8 | Int(buffer[2])
        guard length <= Self.largestFrame else { throw .noAnswer }
        while buffer.count < 9 + length { try receive(before: deadline) }
        let id = buffer[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let frame = Frame(type: buffer[3], flags: buffer[4], stream: id, payload: Array(buffer[9..<(9 + length)]))
        buffer.removeFirst(9 + length)
        if frame.flags & Flag.endStream == 0 {
            if frame.type == FrameType.settings { try send(Self.frame(FrameType.settings, Flag.endStream, 0, [])) }
            if frame.type == FrameType.ping { try send(Self.frame(FrameType.ping, Flag.endStream, 0, frame.payload)) }
        }
        return frame
    }

    private func receive(before deadline: ContinuousClock.Instant) throws(Failure) {
        let left = ContinuousClock.now.duration(to: deadline)
        let milliseconds = Int(left / .milliseconds(1))
        guard milliseconds > 0 else { throw .noAnswer }
        let bytes: [UInt8]?
        do throws(SystemError) { bytes = try carrier.read(within: milliseconds) } catch { throw .noAnswer }
        guard let bytes, !bytes.isEmpty else { throw .noAnswer }
        buffer += bytes
    }

    private func send(_ bytes: [UInt8]) throws(Failure) {
        do throws(SystemError) { try carrier.write(bytes) } catch { throw .noAnswer }
    }

    /// RFC 9113, 6.1: the first byte says how many at the end are padding.
    private static func content(_ frame: Frame) throws(Failure) -> [UInt8] {
        guard frame.flags & Flag.padded != 0 else { return frame.payload }
        guard let padding = frame.payload.first, Int(padding) < frame.payload.count else { throw .noAnswer }
        return Array(frame.payload.dropFirst().dropLast(Int(padding)))
    }

    /// The message of a body: a byte that says whether it is compressed, four of length, itself.
    private static func message(_ body: [UInt8]) throws(Failure) -> [UInt8] {
        guard !body.isEmpty else { throw .refused }
        guard body.count >= 5, body[0] == 0 else { throw .noAnswer }
        let length = body[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard body.count == 5 + length else { throw .noAnswer }
        return Array(body[5...])
    }

    private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        Array(bigEndian(UInt32(payload.count)).dropFirst()) + [type, flags] + bigEndian(stream) + payload
    }

    /// RFC 7541, 6.2.2: a literal without indexing whose name is new, without Huffman's code. Lengths are below 127 here.
    private static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    private static func deadline(_ milliseconds: Int) -> ContinuousClock.Instant {
        ContinuousClock.now + .milliseconds(milliseconds)
    }
}
