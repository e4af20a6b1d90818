/// Data in the SSH wire encoding (RFC 4251, 5), appended piece by piece.
struct SSHWire {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ content: some Collection<UInt8>) { bytes += content }

    mutating func uint32(_ number: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func uint64(_ number: UInt64) {
        uint32(UInt32(truncatingIfNeeded: number >> 32))
        uint32(UInt32(truncatingIfNeeded: number))
    }

    mutating func string(_ content: some Collection<UInt8>) {
        uint32(UInt32(content.count))
        bytes += content
    }

    mutating func string(_ text: String) { string(text.utf8) }

    /// A positive number, most significant byte first.
    mutating func mpint(_ number: [UInt8]) { string(ECDSASignature.shortestPositive(number)) }

    /// What a closure appends to an empty wire.
    static func data(_ build: (inout SSHWire) -> Void) -> [UInt8] {
        var wire = SSHWire()
        build(&wire)
        return wire.bytes
    }
}

/// Checks of text that goes into one-line SSH files, where a newline or a space would change the meaning.
enum SSHText {
    /// - Throws: `PKIError.invalidSSHText` if there is a control character, or with `singleWord` anything but visible
    ///   ASCII, or nothing at all.
    static func validate(_ value: String, field: String, singleWord: Bool) throws(PKIError) {
        func refuse(_ reason: String) -> PKIError { .invalidSSHText(field: field, value: value, reason: reason) }
        if singleWord {
            guard !value.isEmpty else { throw refuse("is empty: give one") }
            guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }) else {
                throw refuse("must be one word of visible ASCII characters without a comma")
            }
        } else {
            guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw refuse("has a control character: write it on one line")
            }
        }
    }
}
