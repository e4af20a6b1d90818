/// The documented exit codes.
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// The topology, a template, a bundle or another input is at fault.
    case input = 1
    case usage = 2
    /// A disk, a permission or a missing tool is at fault.
    case environment = 3
}
