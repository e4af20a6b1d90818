/// Cuts what arrives into lines; no line may be longer than the limit.
struct LineBuffer {
    private var bytes: [UInt8] = []
    /// What of `bytes` is known to have no line's end.
    private var searched = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ arrived: some Sequence<UInt8>) { bytes.append(contentsOf: arrived) }

    /// Whether a line is longer than the limit, so that reading on would only take memory.
    var isOverlong: Bool { searched > limit }

    /// The next whole line without its end (LF, or CR LF as QEMU writes it); nil until the rest has arrived.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: 0x0A) else {
            searched = bytes.count
            return nil
        }
        guard end <= limit else {
            searched = end
            return nil
        }
        var line = Array(bytes[..<end])
        if line.last == 0x0D { line.removeLast() }
        bytes.removeSubrange(...end)
        searched = 0
        return line
    }
}
