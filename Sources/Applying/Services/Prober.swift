import BundleFormat
import Values

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Something that is asked, and how long the answer is waited for.
struct ProbeRequest: Hashable {
    enum Kind: Hashable {
        case http(address: IPv4Address, port: UInt16, path: String)
        case dns(server: IPv4Address, name: String)
        case program(ExternalCommand)
    }

    let kind: Kind
    let seconds: Int64
}

/// What came back from a probe.
struct ProbeAnswer: Hashable {
    enum Outcome: Hashable {
        /// An exit status of 0, an HTTP status of 200, an answer to a query.
        case succeeded
        /// An answer that says no; in words, such as `exit status 1`.
        case refused(String)
        /// No answer: there is no such program, nobody listens, the time was up.
        case unanswered(String)
    }

    let outcome: Outcome
    /// Standard output, the body, or the addresses, one a line.
    var text = ""
    /// Standard error.
    var errors = ""

    var isSuccess: Bool { outcome == .succeeded }

    /// Why it did not succeed, in one line: the end of what was written, which is where programs name the cause.
    var complaint: String {
        let said = (errors.isEmpty ? text : errors).split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
        switch outcome {
        case .succeeded: return said.map(String.init) ?? ""
        case .refused(let how): return said.map(String.init) ?? how
        case .unanswered(let how): return how
        }
    }
}

/// Asks many things at once: one loop waits for all of them, so that a report takes as long as its slowest probe and no thread is needed.
enum Prober {
    /// The most bytes that are kept of an answer; the rest is read and dropped.
    static let outputLimit = 4 << 20

    /// - Returns: the answers, in the order of the requests.
    static func run(_ requests: [ProbeRequest]) -> [ProbeAnswer] {
        let open = requests.map { Conversation($0) }
        let begin = MachineClock.microseconds()
        while true {
            let waited = Int((MachineClock.microseconds() - begin) / 1000)
            for conversation in open { conversation.proceed(waited) }
            var interests = open.flatMap(\.interests)
            if open.allSatisfy({ $0.answer != nil }) { break }
            // Not long: that a program ended, no descriptor tells.
            if interests.isEmpty { usleep(5000) } else { unsafe poll(&interests, nfds_t(interests.count), 20) }
        }
        return open.map { $0.answer ?? ProbeAnswer(outcome: .unanswered("was not asked")) }
    }
}

/// One request on its way.
private final class Conversation {
    private let request: ProbeRequest
    private var program: RunningProgram?
    private var socket: ProbeSocket?
    private(set) var answer: ProbeAnswer?

    init(_ request: ProbeRequest) {
        self.request = request
        do throws(ApplyError) {
            switch request.kind {
            case .http(let address, let port, let path):
                socket = try ProbeSocket(
                    address, port, isDatagram: false, HTTPMessage.request(path, address, port))
            case .dns(let server, let name):
                socket = try ProbeSocket(server, 53, isDatagram: true, DNSMessage.question(name))
            case .program(let command):
                program = try RunningProgram(command, isMerged: false, limit: Prober.outputLimit)
            }
        } catch {
            answer = ProbeAnswer(outcome: .unanswered(error.description))
        }
    }

    var interests: [pollfd] { answer == nil ? (program?.interests ?? []) + (socket.map { [$0.interest] } ?? []) : [] }

    /// - Parameter waited: milliseconds since the beginning.
    func proceed(_ waited: Int) {
        guard answer == nil else { return }
        let isOver = waited >= Int(request.seconds) * 1000
        if let program { answer = look(program) }
        if let socket { answer = look(socket, waited) }
        if isOver, answer == nil {
            program?.end()
            answer = ProbeAnswer(outcome: .unanswered("no answer within \(request.seconds) s"))
        }
        if answer != nil { (program, socket) = (nil, nil) }
    }

    private func look(_ program: RunningProgram) -> ProbeAnswer? {
        guard let status = program.status() else { return nil }
        let (text, errors) = program.texts
        // What setpriv and shells say for a program that is not there, or not a program.
        let isThere = status != 126 && status != 127
        let outcome: ProbeAnswer.Outcome =
            status == 0 ? .succeeded : isThere ? .refused("exit status \(status)") : .unanswered("could not be run")
        return ProbeAnswer(outcome: outcome, text: text, errors: errors)
    }

    private func look(_ socket: ProbeSocket, _ waited: Int) -> ProbeAnswer? {
        do throws(Errno) {
            guard let bytes = try socket.proceed(waited) else { return nil }
            if case .dns = request.kind { return DNSMessage.answer(bytes) }
            return HTTPMessage.answer(bytes)
        } catch { return ProbeAnswer(outcome: .unanswered(error.text)) }
    }
}

/// A connection that is asked one thing.
private final class ProbeSocket {
    private let descriptor: Descriptor
    private let isDatagram: Bool
    private let question: [UInt8]
    private var rest: ArraySlice<UInt8>
    private var received: [UInt8] = []
    /// When the question went out, in milliseconds; a datagram may be lost and is sent again.
    private var sent: Int?

    init(_ address: IPv4Address, _ port: UInt16, isDatagram: Bool, _ question: [UInt8]) throws(ApplyError) {
        #if canImport(Glibc)
            let kind = Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue)
        #else
            let kind = isDatagram ? SOCK_DGRAM : SOCK_STREAM
        #endif
        let number = socket(AF_INET, kind, 0)
        guard number >= 0 else { throw ApplyError("socket", "\(address):\(port)", Errno(code: errno)) }
        descriptor = Descriptor(owning: number)
        (self.isDatagram, self.question, rest) = (isDatagram, question, question[...])
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = address.rawValue.bigEndian
        let result = unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                unsafe connect(number, place, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            throw ApplyError("connect", "\(address):\(port)", Errno(code: errno))
        }
    }

    var interest: pollfd {
        pollfd(fd: descriptor.number, events: Int16(rest.isEmpty ? POLLIN : POLLOUT), revents: 0)
    }

    /// Sends what is left of the question and reads what there is of the answer; nil while that is not all.
    func proceed(_ waited: Int) throws(Errno) -> [UInt8]? {
        if isDatagram, rest.isEmpty, let sent, waited - sent > 1000 { rest = question[...] }
        if !rest.isEmpty {
            guard
                let count = try transfer({ number in
                    unsafe rest.withUnsafeBytes { unsafe send(number, $0.baseAddress, $0.count, Self.noSignal) }
                })
            else { return nil }
            rest = rest.dropFirst(count)
            if rest.isEmpty { sent = waited }
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try transfer({ number in
            unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
        }) {
            if count == 0 || isDatagram { return received + buffer.prefix(count) }
            received += buffer.prefix(min(count, max(0, Prober.outputLimit - received.count)))
        }
        return nil
    }

    #if canImport(Darwin)
        private static let noSignal: Int32 = 0
    #else
        private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif

    /// The count of one call; nil when it has to be made again later.
    private func transfer(_ call: (Int32) -> Int) throws(Errno) -> Int? {
        let count = call(descriptor.number)
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTCONN else {
            throw Errno(code: errno)
        }
        return nil
    }
}
