import Foundation
import Synchronization

/// One subject with many inputs, each within bounds of time and memory.
///
/// Before it is read an input lies in a file that is shared with the system, so that it is there after a crash too.
struct FuzzRun {
    /// Processor time that one input may take, in seconds. Ten times as much without the optimiser.
    static let timeLimit: Double = isOptimised ? 2 : 20
    /// Bytes of memory that the process may ever have.
    static let memoryLimit = 300 << 20

    private static var isOptimised: Bool {
        var result = true
        assert(
            {
                result = false
                return true
            }())
        return result
    }

    let subject: Subject
    let seed: UInt64
    let count: Int
    /// Where an input that should be looked at is left.
    let directory: URL

    struct Outcome: CustomStringConvertible {
        var count = 0
        var accepted = 0
        /// Different reasons of refusal.
        var reasons = 0
        /// Seconds of processor time.
        var slowest = 0.0
        var slowestSize = 0
        /// Bytes.
        var peak = 0
        var seconds = 0.0

        var description: String {
            let rate = seconds > 0 ? Int(Double(count) / seconds) : 0
            return "\(count) inputs: \(accepted) accepted, the others refused for \(reasons) reasons; slowest "
                + "\(String(format: "%.1f", slowest * 1000)) ms (\(slowestSize) bytes), peak \(peak >> 20) MiB, \(rate)/s"
        }
    }

    /// - Throws: ``Finding``, after the input has been saved.
    func run() throws -> Outcome {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = directory.appendingPathComponent("\(subject.name).input")
        let current = try SharedInput(file.path, capacity: subject.limit)
        let reader = try subject.reader()
        var corpus = try subject.seeds()
        let seedCount = corpus.count
        var mutator = Mutator(seed: seed, tokens: subject.tokens, limit: subject.limit)
        var reasons: Set<Int> = []
        var outcome = Outcome()
        let watch = Watch(limit: Self.timeLimit)
        let start = ContinuousClock.now
        for number in 0..<count {
            // First the good ones as they are.
            let input =
                number < seedCount
                ? corpus[number]
                : mutator.mutate(
                    corpus[Int.random(in: corpus.indices, using: &mutator.random)],
                    with: corpus[Int.random(in: corpus.indices, using: &mutator.random)])
            current.hold(input)
            watch.begin()
            let verdict: Verdict
            do { verdict = try reader.read(input) } catch {
                throw Finding("\(subject.name), input \(number): \(error); it is in \(file.path)")
            }
            let time = watch.end()
            outcome.count += 1
            if time > outcome.slowest { (outcome.slowest, outcome.slowestSize) = (time, input.count) }
            outcome.peak = max(outcome.peak, Usage.peakMemory)
            try require(time <= Self.timeLimit, "\(subject.name): \(time) s for the input in \(file.path)")
            try require(
                outcome.peak <= Self.memoryLimit,
                "\(subject.name): \(outcome.peak) bytes, with the input in \(file.path)")
            let reason: String
            switch verdict {
            case .accepted:
                outcome.accepted += 1
                reason = "accepted \(input.count.leadingZeroBitCount)"
            case .refused(let text):
                try require(number >= seedCount, "\(subject.name): seed \(number) is refused: \(text)")
                reason = text
            }
            // What was answered in a new way reaches new code: more is made from it.
            if reasons.insert(Self.shape(of: reason)).inserted, number >= seedCount, input.count < subject.limit / 2 {
                corpus.append(input)
                if corpus.count > 400 { corpus.remove(at: seedCount) }
            }
        }
        outcome.reasons = reasons.count
        outcome.seconds = Double((ContinuousClock.now - start).components.seconds)
        current.remove()
        return outcome
    }

    /// A reason without what differs from input to input: numbers and what is in quotes.
    static func shape(of reason: String) -> Int {
        var hasher = Hasher()
        var (isQuoted, wasDigit) = (false, false)
        for byte in reason.utf8.prefix(400) {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { isQuoted.toggle() }
            let isDigit = (0x30...0x39).contains(byte)
            if !isQuoted, !(isDigit && wasDigit) { hasher.combine(isDigit ? 0 : byte) }
            wasDigit = isDigit
        }
        return hasher.finalize()
    }
}

/// What this process has used.
enum Usage {
    /// Bytes, the most it ever had. On Linux the kernel's own figure of this program, since `ru_maxrss` begins with the peak of
    /// the process that started it (getrusage(2), proc_pid_status(5)).
    static var peakMemory: Int {
        #if canImport(Darwin)
            return usage.ru_maxrss
        #else
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            // Without the figure the bound cannot be kept, and that must show.
            return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 } ?? .max
        #endif
    }

    /// Seconds.
    static var processorTime: Double {
        let used = usage
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(used.ru_utime) + seconds(used.ru_stime)
    }

    private static var usage: rusage {
        var used = rusage()
        #if canImport(Darwin)
            unsafe getrusage(RUSAGE_SELF, &used)
        #else
            unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &used)
        #endif
        return used
    }
}

/// Measures each input, and ends the process when one does not come back.
private final class Watch: Sendable {
    private let began = Mutex<Double?>(nil)

    init(limit: Double) {
        Thread.detachNewThread { [self] in
            while true {
                Thread.sleep(forTimeInterval: 1)
                guard let began = began.withLock({ $0 }), Usage.processorTime - began > 2 * limit else { continue }
                print("one input takes more than \(2 * limit) s; it lies beside this run's other files")
                exit(1)
            }
        }
    }

    func begin() { began.withLock { $0 = Usage.processorTime } }

    /// Seconds since ``begin()``.
    func end() -> Double {
        let now = Usage.processorTime
        return now
            - (began.withLock { value in
                defer { value = nil }
                return value
            } ?? now)
    }
}

/// A file that holds the present input: memory of the system, which outlives this process.
private final class SharedInput {
    private let path: String
    private let descriptor: Int32
    private var held = 0

    init(_ path: String, capacity: Int) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        try require(descriptor >= 0, "cannot write \(path)")
    }

    func hold(_ input: [UInt8]) {
        _ = unsafe input.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        if input.count < held { ftruncate(descriptor, off_t(input.count)) }
        held = input.count
    }

    func remove() {
        close(descriptor)
        unsafe unlink(path)
    }
}
