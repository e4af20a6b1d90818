public import HostSystem

/// How a person gets at a machine's console.
public enum ConsoleAccess: Hashable, Sendable {
    /// A program that shows it.
    case command(ExternalCommand)
    /// A Unix socket that carries its bytes in both directions.
    case socket(path: String)
}
