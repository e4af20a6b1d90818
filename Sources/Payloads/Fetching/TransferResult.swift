/// How a call of curl ended (curl's manual, "EXIT CODES").
struct TransferResult: Hashable, Sendable {
    /// What is to be done about it.
    enum Verdict: Hashable, Sendable {
        case complete
        /// The connection broke or the server is busy: go on from where it stopped.
        case interrupted
        /// The server does not give the rest alone: begin again.
        case cannotResume
        /// The server answered, with this HTTP status.
        case refused(Int)
        case failed
    }

    let curlStatus: Int32
    /// 0 when no answer came.
    let httpStatus: Int
    /// curl's own words.
    let message: String

    init(curlStatus: Int32, errors: String) {
        self.curlStatus = curlStatus
        var lines = errors.split(whereSeparator: \.isNewline).map(String.init)
        httpStatus = lines.popLast().flatMap { Int($0) } ?? 0
        // "curl: (7) Failed to connect …", with certificates a paragraph of advice behind it.
        let text = lines.first { $0.hasPrefix("curl: (") } ?? lines.last ?? "curl ended with status \(curlStatus)"
        message = text.replacing(#/^curl: \(\d+\) /#, with: "")
    }

    var verdict: Verdict {
        switch curlStatus {
        case 0: .complete
        case 22:
            switch httpStatus {
            case 416: .cannotResume
            case 408, 425, 429, 500...599: .interrupted
            default: .refused(httpStatus)
            }
        case 33, 36: .cannotResume
        // Connecting, partial file, timeout, TLS connect, nothing received, send, receive, HTTP/2 and HTTP/3 streams.
        case 5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92, 95, 96: .interrupted
        default: .failed
        }
    }
}
