import HostSystem

/// Fetches files of a distribution's archive by curl, into memory and with a bound.
///
/// Unlike for payloads plain http is allowed: what comes is believed for its signature alone, and many mirrors have nothing else.
struct ArchiveTransfer: Sendable {
    let environment: [String: String]

    /// What curl may see of the environment: how to reach the net and whom to trust there.
    private static let passed = [
        "PATH", "HOME", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// At most this many seconds without getting this many bytes in each.
    private static let crawl = (seconds: 30, bytes: 1000)

    func command(_ address: String) -> ExternalCommand {
        ExternalCommand(
            [
                // First: no ~/.curlrc.
                "curl", "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10",
                "--globoff",
                "--proto", "=http,https", "--proto-redir", "=http,https", "--connect-timeout", "20", "--retry", "3",
                "--speed-limit", "\(Self.crawl.bytes)", "--speed-time", "\(Self.crawl.seconds)", "--url", address,
            ], environment: environment.filter { Self.passed.contains($0.key) }, inheritsEnvironment: false)
    }

    /// - Parameter limit: more bytes are refused while they come.
    func fetch(
        _ address: String, limit: Int64, _ progress: (Int64) -> Void = { _ in }
    ) throws(DebianError) -> [UInt8] {
        guard ExternalCommand.locate("curl") != nil else { throw .missingTool("curl") }
        guard address.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .transfer(address: address, message: "an address is ASCII without blanks")
        }
        var bytes: [UInt8] = []
        let result = try command(address).stream { (piece: Span<UInt8>) throws(DebianError) in
            guard Int64(bytes.count + piece.count) <= limit else {
                throw .wrongContent(address: address, reason: "more than \(limit) bytes came")
            }
            unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
            progress(Int64(bytes.count))
        }
        guard result.status == 0 else {
            let message = result.errors.split(whereSeparator: \.isNewline).last.map(String.init)
            throw .transfer(
                address: address,
                message: (message ?? "curl ended with status \(result.status)").replacing(#/^curl: \(\d+\) /#, with: "")
            )
        }
        return bytes
    }
}
