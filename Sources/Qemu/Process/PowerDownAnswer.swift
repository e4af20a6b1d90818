/// What became of a request to power off.
enum PowerDownAnswer: Hashable, Sendable {
    /// The guest has been told.
    case asked
    /// QEMU did not listen; it may another time.
    case unheard
    /// The guest is in no state to do anything.
    case hopeless
}
