import HostSystem

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
