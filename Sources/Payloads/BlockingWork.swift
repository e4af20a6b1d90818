import Foundation

/// Work that waits for a disk or a child process, on a thread of its own: the concurrency pool has few and must not wait.
enum BlockingWork {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try body() })
            }
        }
    }

    /// Runs the body for every item, `width` at a time; results in the order of the items.
    static func map<Item: Sendable, Value: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Value
    ) async -> [Result<Value, any Error>] {
        await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            func start(_ index: Int) {
                let item = items[index]
                group.addTask {
                    do { return (index, .success(try await run { try body(item) })) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var results = [Result<Value, any Error>?](repeating: nil, count: items.count)
            var next = min(max(width, 1), items.count)
            for index in 0..<next { start(index) }
            for await (index, result) in group {
                results[index] = result
                if next < items.count {
                    start(next)
                    next += 1
                }
            }
            return results.compactMap(\.self)
        }
    }
}
