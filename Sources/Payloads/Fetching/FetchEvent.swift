/// What happens while payloads are fetched.
public enum FetchEvent: Sendable {
    case started(name: String, size: Int64?)
    /// Bytes of the payload that are there, whenever fetched.
    case progress(name: String, received: Int64)
    case finished(name: String, FetchOutcome)
    case failed(name: String, PayloadError)
}
