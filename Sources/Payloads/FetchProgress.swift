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
    /// Bytes that were there when it began, and when that was; nil before the first look.
    private var start: (received: Int64, seconds: Double)?

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
    ///
    /// - Parameter rate: what ``rate(at:)`` gives.
    public func line(width: Int = 79, rate: Double? = nil) -> String {
        let running = items.filter(\.value.isRunning).keys.sorted().joined(separator: " ")
        var amount = total > 0 ? "\(Self.size(received)) of \(Self.size(total))" : Self.size(received)
        if let rate {
            amount += "  \(Self.size(Int64(rate)))/s"
            if total > received, rate >= 1 { amount += "  \(Self.duration(Double(total - received) / rate)) left" }
        }
        let text = "\(bar) \(finished)/\(count)  \(amount)  \(running)"
        return String(text.prefix(width))
    }

    /// Bytes a second since the first call; nil in the first second, when it would say nothing.
    ///
    /// - Parameter seconds: of a clock that only goes forward.
    public mutating func rate(at seconds: Double) -> Double? {
        guard let start else {
            start = (received, seconds)
            return nil
        }
        let elapsed = seconds - start.seconds
        return elapsed >= 1 ? Double(max(received - start.received, 0)) / elapsed : nil
    }

    /// Seconds for people: `45 s`, `3 min`, `2 h 10 min`.
    static func duration(_ seconds: Double) -> String {
        let seconds = Int(min(seconds, 360_000).rounded(.up))
        switch seconds {
        case ..<90: return "\(seconds) s"
        case ..<5400: return "\((seconds + 59) / 60) min"
        default: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        }
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
