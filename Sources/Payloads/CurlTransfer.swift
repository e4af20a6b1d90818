import HostSystem

/// How curl is called to fetch one file to its standard output; a value that tests compare.
///
/// curl and not Foundation's URLSession: on Linux that cannot resume and holds what it gets in memory or in $TMPDIR, and
/// reads neither the user's proxy nor the certificates he trusts from where every other program does. curl is part of macOS, of Debian's
/// and of Ubuntu's cloud images. As a child that writes to a pipe it ends when this process is killed.
struct CurlCommand: Hashable, Sendable {
    let executable: String
    let arguments: [String]
    let environment: [String: String]

    /// What curl may see of the environment: how to reach the net and whom to trust there.
    private static let passed = [
        "PATH", "HOME", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// - Parameters:
    ///   - offset: bytes that are there already.
    ///   - isHead: asks whether there is such a file, and for none of it.
    init(
        executable: String, address: String, offset: Int64, environment: [String: String],
        retries: RetryPolicy = .standard, isHead: Bool = false
    ) {
        self.executable = executable
        // --disable comes first: no ~/.curlrc. The status goes to standard error, behind curl's own message.
        var arguments = [
            "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10", "--globoff",
            "--proto", "=https", "--proto-redir", "=https", "--connect-timeout", "20", "--speed-limit",
            "\(retries.lowestRate)", "--speed-time", "\(retries.patience)", "--max-time", "\(retries.longest)",
            "--write-out", "%{stderr}\n%{http_code}",
        ]
        if isHead { arguments.append("--head") }
        if offset > 0 { arguments += ["--continue-at", "\(offset)"] }
        self.arguments = arguments + ["--url", address]
        self.environment = environment.filter { Self.passed.contains($0.key) }
    }

    /// The program sees nothing of this process's environment but what is passed.
    var command: ExternalCommand {
        ExternalCommand([executable] + arguments, environment: environment, inheritsEnvironment: false)
    }
}

/// Runs curl and hands on what it fetches.
enum Transfer {
    /// Finds a program as a shell would.
    static func executable(_ name: String, _ environment: [String: String]) throws(PayloadError) -> String {
        for directory in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            if let place = ExternalCommand.locate(path) { return place }
        }
        throw .missingTool(name)
    }

    /// Runs the command to its end on the calling thread; `receive` gets the bytes as they come and stops curl by throwing.
    static func run(
        _ command: CurlCommand, _ receive: (Span<UInt8>) throws(PayloadError) -> Void
    ) throws(PayloadError) -> TransferResult {
        let result = try command.command.stream(receive)
        return TransferResult(curlStatus: result.status, errors: result.errors)
    }
}

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

    /// Ended because too little came (curl's manual, EXIT CODES, 28: also when no connection was made in time).
    var isCrawl: Bool { curlStatus == 28 }

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
