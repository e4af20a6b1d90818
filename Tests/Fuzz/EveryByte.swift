import Dispatch
import Synchronization
import SystemPackage
import Unbundling

/// Flips one bit of every byte of a bundle, one byte at a time, and has each changed bundle opened and verified.
struct EveryByte: CustomStringConvertible {
    let count: Int
    /// Positions at which a flipped bit was not noticed.
    let missed: [Int]

    var description: String {
        missed.isEmpty ? "every one of \(count) flipped bytes is refused" : "not noticed: \(missed)"
    }

    /// - Parameter bytes: a good bundle.
    static func check(_ bytes: [UInt8], threads: Int = 2) throws -> EveryByte {
        let files = try (0..<threads).map { _ in try InputFile() }
        for file in files { try file.hold(bytes) }
        try require(try !isRefused(files[0]), "the bundle is refused as it is")
        let next = Atomic<Int>(0)
        let results = Mutex<(missed: [Int], failure: (any Error)?)>(([], nil))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            do {
                while true {
                    let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard position < bytes.count else { return }
                    try files[thread].put(bytes[position] ^ 1 << UInt8(position % 8), at: position)
                    if try !isRefused(files[thread]) { results.withLock { $0.missed.append(position) } }
                    try files[thread].put(bytes[position], at: position)
                }
            } catch { results.withLock { $0.failure = error } }
        }
        let (missed, failure) = results.withLock { ($0.missed, $0.failure) }
        if let failure { throw failure }
        try require(try !isRefused(files[0]), "the bundle is not what it was")
        return EveryByte(count: bytes.count, missed: missed.sorted())
    }

    private static func isRefused(_ file: InputFile) throws -> Bool {
        do { return BundleVerifier(try Unbundling.Bundle.open(file.path), threads: 1).run().failureCount > 0 } catch {
            // What cannot be opened at all says nothing about the byte.
            guard !(error is Errno) else { throw error }
            return true
        }
    }
}
