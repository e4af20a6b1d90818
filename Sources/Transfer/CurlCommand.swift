public import HostSystem

/// How curl is called to write what one address holds to its standard output; a value that tests compare.
///
/// curl and not Foundation's URLSession: on Linux that cannot resume and holds what it gets in memory or in $TMPDIR, and
/// reads neither the user's proxy nor the certificates he trusts from where every other program does. curl is part of macOS, of Debian's
/// and of Ubuntu's cloud images. As a child that writes to a pipe it ends when this process is killed.
public struct CurlCommand: Hashable, Sendable {
    public let executable: String
    public let arguments: [String]
    public let environment: [String: String]
    /// curl's configuration on its standard input, for what nobody may read in a list of processes; nil for none.
    public let configuration: String?

    /// What curl may see of the environment: how to reach the net and whom to trust there.
    private static let passed = [
        "PATH", "HOME", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// --disable comes first: no ~/.curlrc. The status goes to standard error, behind curl's own message.
    private static let common = [
        "--disable", "--silent", "--show-error", "--globoff", "--connect-timeout", "20",
        "--write-out", "%{stderr}\n%{http_code}",
    ]

    /// How slow a transfer may be.
    public struct Pace: Hashable, Sendable {
        /// Bytes a second.
        public let lowestRate: Int
        /// Seconds below the lowest rate after which it is ended.
        public let patience: Int
        /// Seconds for all of it.
        public let longest: Int

        public init(lowestRate: Int, patience: Int, longest: Int) {
            self.lowestRate = lowestRate
            self.patience = patience
            self.longest = longest
        }

        fileprivate var arguments: [String] {
            ["--speed-limit", "\(lowestRate)", "--speed-time", "\(patience)", "--max-time", "\(longest)"]
        }
    }

    /// A file, wherever the server redirects to.
    ///
    /// - Parameters:
    ///   - offset: bytes that are there already.
    ///   - isHead: asks whether there is such a file, and for none of it.
    ///   - allowsPlain: http too, for what is signed within itself.
    public init(
        executable: String, address: String, offset: Int64, environment: [String: String], pace: Pace,
        isHead: Bool = false, allowsPlain: Bool = false
    ) {
        self.executable = executable
        var arguments = Self.common + pace.arguments
        let protocols = allowsPlain ? "=http,https" : "=https"
        arguments += ["--fail", "--location", "--max-redirs", "10", "--proto", protocols, "--proto-redir", protocols]
        if isHead { arguments.append("--head") }
        if offset > 0 { arguments += ["--continue-at", "\(offset)"] }
        self.arguments = arguments + ["--url", address]
        configuration = nil
        self.environment = environment.filter { Self.passed.contains($0.key) }
    }

    /// One request and its answer, head and body, whatever its status; redirects are the caller's. Address and headers may hold
    /// secrets, so that they are no arguments.
    ///
    /// - Parameters:
    ///   - method: nil for what the options ask for.
    ///   - sends: whether a body is sent, which ``run(sending:_:)`` is given.
    ///   - isLoopback: no proxy is asked, and plain http may be spoken.
    ///   - options: curl's long options with their values; control characters are left out of these.
    public init(
        executable: String, exchange options: [(name: String, value: String)], method: String? = nil,
        sends: Bool = false, isLoopback: Bool, pace: Pace, environment: [String: String]
    ) {
        self.executable = executable
        var arguments = Self.common + ["--include", "--suppress-connect-headers", "--proto"]
        arguments += isLoopback ? ["=http,https", "--noproxy", "*"] : ["=https"]
        // A request for the head alone is one of its own to curl: an answer to it has no body, whatever length it tells.
        if let method { arguments += method == "HEAD" ? ["--head"] : ["--request", method] }
        if sends { arguments += ["--upload-file", "-"] }
        self.arguments = arguments + pace.arguments + ["--config", sends ? "/dev/fd/3" : "-"]
        configuration = options.map { "\($0.name) = \(Self.quoted($0.value))\n" }.joined()
        self.environment = environment.filter { Self.passed.contains($0.key) }
    }

    /// As curl's manual says of --config: in double quotes a backslash stands before these two.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// The program sees nothing of this process's environment but what is passed.
    public var command: ExternalCommand {
        ExternalCommand(
            [executable] + arguments, environment: environment, inheritsEnvironment: false,
            input: configuration.map { .text($0) } ?? .nothing)
    }

    /// Where curl is, found as a shell would find it; nil when it is not installed.
    public static func locate(_ environment: [String: String]) -> String? {
        for directory in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") where directory.hasPrefix("/") {
            if let place = ExternalCommand.locate("\(directory)/curl") { return place }
        }
        return nil
    }

    /// Runs curl to its end on the calling thread; `receive` gets the bytes as they come and stops curl by throwing.
    public func run<Failure: SystemFailure>(
        _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> TransferResult {
        let result = try command.stream(receive)
        return TransferResult(curlStatus: result.status, errors: result.errors)
    }

    /// The same with a body, which is in no file.
    public func run<Failure: SystemFailure>(
        sending body: @escaping ExternalCommand.Feed, _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> TransferResult {
        let command = ExternalCommand([executable] + arguments, environment: environment, inheritsEnvironment: false)
        let result = try command.stream(told: configuration ?? "", feed: body, receive)
        return TransferResult(curlStatus: result.status, errors: result.errors)
    }
}

/// How a call of curl ended (curl's manual, "EXIT CODES").
public struct TransferResult: Hashable, Sendable {
    /// What is to be done about it.
    public enum Verdict: Hashable, Sendable {
        case complete
        /// The connection broke or the server is busy: go on from where it stopped.
        case interrupted
        /// The server does not give the rest alone: begin again.
        case cannotResume
        /// The server answered, with this HTTP status.
        case refused(Int)
        case failed
    }

    public let curlStatus: Int32
    /// 0 when no answer came.
    public let httpStatus: Int
    /// curl's own words.
    public let message: String

    public init(curlStatus: Int32, errors: String) {
        self.curlStatus = curlStatus
        var lines = errors.split(whereSeparator: \.isNewline).map(String.init)
        httpStatus = lines.popLast().flatMap { Int($0) } ?? 0
        // "curl: (7) Failed to connect …", with certificates a paragraph of advice behind it.
        let text = lines.first { $0.hasPrefix("curl: (") } ?? lines.last ?? "curl ended with status \(curlStatus)"
        message = text.replacing(#/^curl: \(\d+\) /#, with: "")
    }

    /// Ended because too little came (curl's manual, EXIT CODES, 28: also when no connection was made in time).
    public var isCrawl: Bool { curlStatus == 28 }

    public var verdict: Verdict {
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
