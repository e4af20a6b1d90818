/// The values of QEMU's options: `key=value,key=value`.
enum QemuOption {
    /// A value inside such a list, where a comma is written twice.
    static func value(_ text: String) -> String {
        text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }

    static func list(_ parts: String?...) -> String { parts.compactMap { $0 }.joined(separator: ",") }
}
