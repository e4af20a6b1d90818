/// Lower-case hexadecimal text.
public enum Hexadecimal {
    static func byte(_ value: UInt8) -> String {
        value < 16 ? "0" + String(value, radix: 16) : String(value, radix: 16)
    }

    /// Two digits for each byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String { bytes.map(byte).joined() }
}
