private import Foundation
private import Synchronization

/// Work that waits for a disk or a child process, on threads of its own: the concurrency pool has few and must not wait.
public enum BlockingWork {
    /// Runs the body for every item, `width` at a time; results in the order of the items.
    public static func map<Item: Sendable, Value: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Value
    ) async -> [Result<Value, any Error>] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: wait(for: items, width: width, body)) }
        }
    }

    /// The same for a caller that waits itself.
    public static func wait<Item: Sendable, Value: Sendable>(
        for items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Value
    ) -> [Result<Value, any Error>] {
        let next = Mutex(0)
        let results = Mutex([Result<Value, any Error>?](repeating: nil, count: items.count))
        let workers = DispatchGroup()
        for _ in 0..<min(max(width, 1), items.count) {
            workers.enter()
            Thread.detachNewThread {
                while true {
                    let index = next.withLock { number in
                        defer { number += 1 }
                        return number
                    }
                    guard index < items.count else { break }
                    let result = Result { try body(items[index]) }
                    results.withLock { $0[index] = result }
                }
                workers.leave()
            }
        }
        workers.wait()
        return results.withLock { $0.compactMap(\.self) }
    }
}
