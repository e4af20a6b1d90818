import Launching

/// What `utmctl` prints to its standard error, which it does without telling by its status.
///
/// A failed Apple event is `Error from event: The operation couldn’t be completed. (OSStatus error -1743.)`, then what the
/// application said, if it said anything; an error of its own is `Error: Virtual machine not found.`. Words are translated
/// with the system, numbers are not.
enum UTMComplaint: Hashable {
    /// errAEEventNotPermitted: no consent in Automation, or a session without a desktop.
    case notPermitted
    /// procNotFound, connectionInvalid, kLSNoExecutable… : no UTM that would answer, or none can be started.
    case notReachable(String)
    case notFound
    /// Starting what is not stopped and stopping what is not started: what was wanted may be so already.
    case notAvailable(String)
    case other(String)

    /// Nil when nothing was said.
    init?(_ errors: String) {
        let text = errors.split(whereSeparator: \.isNewline).map { String($0) }.joined(separator: " ")
            .trimmingSuffix(while: \.isWhitespace)
        guard !text.isEmpty else { return nil }
        if text.contains("error -1743") || text.contains("Not authorized to send Apple events") {
            self = .notPermitted
        } else if Self.unreachable.contains(where: text.contains) {
            self = .notReachable(text)
        } else if text.contains("Virtual machine not found") {
            self = .notFound
        } else if ["Operation not available", "is not running", "must be stopped"].contains(where: text.contains) {
            self = .notAvailable(text)
        } else {
            self = .other(text)
        }
    }

    var text: String {
        switch self {
        case .notPermitted: "not permitted"
        case .notFound: "Virtual machine not found."
        case .notReachable(let text), .notAvailable(let text), .other(let text): text
        }
    }

    /// As MacErrors.h has them: procNotFound, connectionInvalid, kLSServerCommunicationErr, kLSUnknownErr.
    private static let unreachable = [
        "error -600", "error -609", "error -10822", "error -10810", "Application not found",
    ]
}
