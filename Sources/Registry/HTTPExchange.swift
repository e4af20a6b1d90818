import HostSystem
import Transfer
import Values

/// One request; redirects, credentials and repetition are `RegistryConnection`'s.
struct HTTPRequest: Sendable {
    var address: WebAddress
    var headers: [(name: String, value: String)] = []
    /// A form to be posted (RFC 1866 8.2.1), already encoded.
    var form: String?
    /// Nil for GET, or POST with a form.
    var method: Method?
    var body: HTTPBody?
    /// Seconds for all of it; nil for a body of any length.
    var timeLimit: Int? = 60

    enum Method: String, Sendable {
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
    }
}

/// What is sent; read anew each time that it is.
struct HTTPBody: Sendable {
    /// Bytes.
    let size: Int64
    let feed: ExternalCommand.Feed

    init(_ bytes: [UInt8]) {
        size = Int64(bytes.count)
        feed = { write in try write(bytes) }
    }

    /// A part of something that lies in a file.
    init(_ range: Range<Int64>, read: @escaping @Sendable (_ offset: Int64, _ count: Int) throws -> [UInt8]) {
        size = range.upperBound - range.lowerBound
        feed = { write in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try read(offset, Int(min(range.upperBound - offset, 256 << 10)))
                try write(piece)
                offset += Int64(piece.count)
            }
        }
    }
}

/// The status line and the header fields of an answer (RFC 9112).
struct HTTPHead: Sendable {
    let status: Int
    private let fields: [(name: String, value: String)]

    /// The values of a field in the order in which they came.
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    subscript(_ name: String) -> String? { values(name).first }

    /// Nil when the text is no head.
    init?(_ text: String) {
        // CR LF is one character to Swift.
        var lines = text.split(whereSeparator: \.isNewline)[...]
        guard let first = lines.popFirst() else { return nil }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]), (100...599).contains(status)
        else { return nil }
        self.status = status
        fields = lines.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (line[..<colon].lowercased(), String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()))
        }
    }
}

/// An answer whose body was handed on, or is short.
struct HTTPAnswer: Sendable {
    let head: HTTPHead
    /// What was not handed on, at most 64 KiB.
    let body: [UInt8]
    /// How curl ended: the body may have been cut off.
    let result: TransferResult

    /// The most of an answer that is kept although nobody wants it.
    fileprivate static let bodyLimit = 64 << 10
    /// The longest head.
    fileprivate static let headLimit = 64 << 10
}

/// Runs curl for one request after the other.
struct HTTPTransport: Sendable {
    let curl: String
    let environment: [String: String]

    init(_ environment: [String: String]) throws(RegistryError) {
        guard let curl = CurlCommand.locate(environment) else { throw .missingTool("curl") }
        self.curl = curl
        self.environment = environment
    }

    /// - Parameters:
    ///   - wants: looks at the head and says whether the body is handed on.
    ///   - receive: gets it, piece by piece.
    /// - Returns: nil head when no answer came.
    func exchange<Failure: RegistryFailure>(
        _ request: HTTPRequest, wants: (HTTPHead) throws(Failure) -> Bool,
        _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> (answer: HTTPAnswer?, result: TransferResult) {
        var reader = HeadReader()
        var head: HTTPHead?
        var isWanted = false
        var body: [UInt8] = []
        let result = try run(request) { (bytes: Span<UInt8>) throws(Failure) in
            var start = 0
            if head == nil {
                while start < bytes.count, head == nil {
                    let text: String?
                    do throws(RegistryError) { text = try reader.take(bytes, &start, request.address) } catch {
                        throw Failure(error)
                    }
                    guard let text else { return }
                    guard let found = HTTPHead(text) else {
                        throw Failure(
                            RegistryError.badAnswer(address: request.address.shown, reason: "it does not speak HTTP"))
                    }
                    // 100 Continue and its like are followed by the answer.
                    if found.status >= 200 { head = found }
                }
                guard let head else { return }
                isWanted = try wants(head)
            }
            let rest = bytes.extracting(start..<bytes.count)
            if isWanted {
                if !rest.isEmpty { try receive(rest) }
            } else {
                for index in rest.indices where body.count < HTTPAnswer.bodyLimit { body.append(rest[index]) }
            }
        }
        return (head.map { HTTPAnswer(head: $0, body: body, result: result) }, result)
    }

    private func run<Failure: SystemFailure>(
        _ request: HTTPRequest, _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> TransferResult {
        let command = command(request)
        guard let body = request.body else { return try command.run(receive) }
        return try command.run(sending: body.feed, receive)
    }

    private func command(_ request: HTTPRequest) -> CurlCommand {
        var options = [("url", request.address.text)]
        for header in request.headers { options.append(("header", "\(header.name): \(header.value)")) }
        if let form = request.form { options.append(("data-raw", form)) }
        if let body = request.body {
            // curl does not know how much it will read, and would send it in chunks, which not every registry takes; nor is
            // it asked first whether it may (RFC 9112 7.1, RFC 9110 10.1.1).
            options += [
                ("header", "Content-Length: \(body.size)"), ("header", "Transfer-Encoding:"), ("header", "Expect:"),
            ]
        } else if request.method == .post || request.method == .put {
            options.append(("header", "Content-Length: 0"))
        }
        // What was sent is hashed and stored before it is answered: meanwhile nothing moves.
        let patience = request.method == nil ? 30 : 300
        return CurlCommand(
            executable: curl, exchange: options, method: request.method?.rawValue, sends: request.body != nil,
            isLoopback: request.address.origin.host.isLoopback,
            pace: .init(lowestRate: 1024, patience: patience, longest: request.timeLimit ?? 24 * 3600),
            environment: environment)
    }

    /// Finds the end of a head in what comes piece by piece.
    private struct HeadReader {
        private var bytes: [UInt8] = []

        /// Moves `start` behind what was read; nil while the head goes on.
        mutating func take(_ piece: Span<UInt8>, _ start: inout Int, _ address: WebAddress) throws(RegistryError)
            -> String?
        {
            while start < piece.count {
                bytes.append(piece[start])
                start += 1
                guard bytes.count <= HTTPAnswer.headLimit else {
                    throw .badAnswer(
                        address: address.shown, reason: "its head is longer than \(HTTPAnswer.headLimit >> 10) KiB")
                }
                if bytes.last == 10, bytes.suffix(4) == [13, 10, 13, 10] || bytes.suffix(2) == [10, 10] {
                    defer { bytes = [] }
                    return String(decoding: bytes, as: UTF8.self)
                }
            }
            return nil
        }
    }
}
