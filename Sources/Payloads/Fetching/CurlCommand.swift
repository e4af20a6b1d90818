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

    /// - Parameter offset: bytes that are there already.
    init(executable: String, address: String, offset: Int64, environment: [String: String]) {
        self.executable = executable
        // --disable comes first: no ~/.curlrc. The status goes to standard error, behind curl's own message.
        var arguments = [
            "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10", "--globoff",
            "--proto", "=https", "--proto-redir", "=https", "--connect-timeout", "20", "--speed-limit", "1",
            "--speed-time", "30", "--write-out", "%{stderr}\n%{http_code}",
        ]
        if offset > 0 { arguments += ["--continue-at", "\(offset)"] }
        self.arguments = arguments + ["--url", address]
        self.environment = environment.filter { Self.passed.contains($0.key) }
    }

    /// The program sees nothing of this process's environment but what is passed.
    var command: ExternalCommand {
        ExternalCommand([executable] + arguments, environment: environment, inheritsEnvironment: false)
    }
}
