/// The form in which a provider's machines get their seed, the depot and their first disk.
public enum Media: Hashable, Sendable {
    /// Unpacked directories and one tree that all share, for containers.
    case directories
    /// Image files, for virtual machines.
    case images
}
