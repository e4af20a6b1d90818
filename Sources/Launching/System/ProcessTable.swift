/// The processes of this host, as far as machines are concerned; tests have a made-up one.
public protocol ProcessTable: Sendable {
    /// Every process by the network namespace it is in.
    func processesByNetwork() -> [FileIdentity: [ProcessEntry]]
    /// The network namespace that is kept at a path; nil when there is none.
    func network(at path: String) -> FileIdentity?
    func signal(_ signal: ProcessSignal, to process: Int32)
    /// Lets other processes go on for a moment.
    func pause(milliseconds: Int)
}
