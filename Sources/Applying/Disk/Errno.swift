/// The number with which a system call failed.
struct Errno: Error, Hashable {
    let code: Int32

    /// The system's own words, such as `No space left on device`.
    var text: String { Kernel.text(of: code) }
}
