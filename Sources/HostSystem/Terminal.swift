#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A terminal that passes every key on as it is, until it is left.
public struct RawTerminal {
    private let descriptor: Int32
    private let before: termios

    /// Nil for what is not a terminal.
    public static func enter(_ descriptor: Int32) -> RawTerminal? {
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else { return nil }
        let terminal = RawTerminal(descriptor: descriptor, before: settings)
        unsafe cfmakeraw(&settings)
        guard unsafe tcsetattr(descriptor, TCSANOW, &settings) == 0 else { return nil }
        return terminal
    }

    public func leave() {
        var settings = before
        _ = unsafe tcsetattr(descriptor, TCSADRAIN, &settings)
    }
}
