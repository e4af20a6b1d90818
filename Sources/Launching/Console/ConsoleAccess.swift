public import HostSystem

/// How a person gets at a machine's console.
public enum ConsoleAccess: Hashable, Sendable {
    /// A program that prints what the machine writes.
    case output(ExternalCommand)
    /// A program that takes the terminal, and shows it there in a way of its own.
    case program(ExternalCommand)
    /// A Unix socket that carries its bytes in both directions.
    case socket(path: String)
}
