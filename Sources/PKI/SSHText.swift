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
