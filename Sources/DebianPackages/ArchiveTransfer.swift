import HostSystem
import Transfer

/// Fetches files of a distribution's archive into memory, with a bound.
///
/// Unlike for payloads plain http is allowed: what comes is believed for its signature alone, and many mirrors have nothing else.
struct ArchiveTransfer: Sendable {
    let environment: [String: String]

    private static let attempts = 4

    /// - Parameter limit: more bytes are refused while they come.
    func fetch(
        _ address: String, limit: Int64, _ progress: (Int64) -> Void = { _ in }
    ) throws(DebianError) -> [UInt8] {
        guard let curl = CurlCommand.locate(environment) else { throw .missingTool("curl") }
        guard address.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .transfer(address: address, message: "an address is ASCII without blanks")
        }
        let command = CurlCommand(
            executable: curl, address: address, offset: 0, environment: environment,
            pace: .init(lowestRate: 1000, patience: 30, longest: 3600), allowsPlain: true)
        var attempt = 0
        while true {
            attempt += 1
            var bytes: [UInt8] = []
            let result = try command.run { (piece: Span<UInt8>) throws(DebianError) in
                guard Int64(bytes.count + piece.count) <= limit else {
                    throw .wrongContent(address: address, reason: "more than \(limit) bytes came")
                }
                unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
                progress(Int64(bytes.count))
            }
            switch result.verdict {
            case .complete: return bytes
            case .interrupted where attempt < Self.attempts: continue
            case .interrupted, .cannotResume, .refused, .failed:
                throw .transfer(address: address, message: result.message)
            }
        }
    }
}
