/// How far a fetch has come, as one line for a terminal. A pure value: the caller gives events and asks for the line.
///
/// By hand, all forty lines of it: Foundation's `Progress` counts and draws nothing, curl's own bar is of one transfer where four
/// run at a time, and a dependency is more to follow than it would save.
public struct FetchProgress: Sendable {
    private struct Item {
        var size: Int64?
        var received: Int64 = 0
        var isRunning = true
    }

    private let count: Int
    private let total: Int64
    private var items: [String: Item] = [:]
    private var finished = 0

    /// `total` is the size of all payloads in bytes, 0 when it is not known.
    public init(count: Int, total: Int64) {
        self.count = count
        self.total = total
    }

    public mutating func take(_ event: FetchEvent) {
        switch event {
        case .started(let name, let size): items[name] = Item(size: size)
        case .progress(let name, let received): items[name]?.received = received
        case .finished(let name, _):
            finished += 1
            items[name]?.isRunning = false
            if let size = items[name]?.size { items[name]?.received = size }
        case .failed(let name, _):
            finished += 1
            items[name]?.isRunning = false
        }
    }

    /// Bytes that are there.
    public var received: Int64 { items.values.reduce(0) { $0 + $1.received } }

    /// The line, at most `width` characters, without an end of line.
    public func line(width: Int = 79) -> String {
        let running = items.filter(\.value.isRunning).keys.sorted().joined(separator: " ")
        let amount = total > 0 ? "\(Self.size(received)) of \(Self.size(total))" : Self.size(received)
        let text = "\(bar) \(finished)/\(count)  \(amount)  \(running)"
        return String(text.prefix(width))
    }

    private var bar: String {
        let cells = 20
        let part = total > 0 ? Double(received) / Double(total) : Double(finished) / Double(max(count, 1))
        let filled = min(max(Int(part * Double(cells)), 0), cells)
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled) + "]"
    }

    /// A number of bytes for people: `512 B`, `3.4 kB`, `64.0 MB`; powers of 1000.
    public static func size(_ bytes: Int64) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        guard bytes >= 1000 else { return "\(bytes) B" }
        // Tenths, so that nothing depends on how a platform writes fractions.
        while value >= 1_000_000, unit < units.count - 2 {
            value /= 1000
            unit += 1
        }
        let tenths = value / 100
        return "\(tenths / 10).\(tenths % 10) \(units[unit + 1])"
    }
}
