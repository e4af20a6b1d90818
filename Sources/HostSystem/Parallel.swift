private import Foundation
import Synchronization

/// Work that is shared out among threads of its own, element by element. Some of it computes, some waits for a disk or a child process;
/// Swift's concurrency pool has as many threads as there are processors, and none of them may wait.
public enum Parallel {
    /// What `body` gives for each element that is not nil, in the order of the elements. What nobody will read is not kept.
    ///
    /// - Parameter width: how many threads work on it, the caller's among them.
    public static func compactMap<Value: Sendable>(
        _ count: Int, width: Int, _ body: @escaping @Sendable (Int) -> Value?
    ) -> [(index: Int, value: Value)] {
        let progress = Progress<Value>()
        onThreads(min(width, count)) {
            while true {
                let index = progress.next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                if let value = body(index) { progress.found.withLock { $0.append((index, value)) } }
            }
        }
        return progress.found.withLock { $0.sorted { $0.index < $1.index } }
    }

    /// Shared by the threads; an object, since a thread lets go of what it works on a moment after it has said that it is done.
    private final class Progress<Value: Sendable>: Sendable {
        let next = Atomic<Int>(0)
        let found = Mutex<[(index: Int, value: Value)]>([])
    }

    /// Calls `body` for each element. After an error no further element is begun; of several errors the first element's is thrown,
    /// so that what a user reads does not depend on the threads.
    public static func forEach<Failure: Error>(
        _ count: Int, width: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let failure = FirstFailure()
        let failures = compactMap(count, width: width) { index -> Failure? in
            if index > failure.index.load(ordering: .relaxed) { return nil }
            do throws(Failure) {
                try body(index)
                return nil
            } catch {
                failure.index.min(index, ordering: .relaxed)
                return error
            }
        }
        if let first = failures.first { throw first.value }
    }

    /// Elements before it are still worked on, since theirs may be the error to throw.
    private final class FirstFailure: Sendable {
        let index = Atomic<Int>(.max)
    }

    /// What became of each item, in their order; one that fails does not keep the others from being tried.
    public static func results<Item: Sendable, Value: Sendable>(
        of items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Value
    ) -> [Result<Value, any Error>] {
        compactMap(items.count, width: width) { index in Result { try body(items[index]) } }.map(\.value)
    }

    /// The same for a caller that must not wait: it is suspended meanwhile.
    public static func results<Item: Sendable, Value: Sendable>(
        of items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Value
    ) async -> [Result<Value, any Error>] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: results(of: items, width: width, body)) }
        }
    }

    /// Runs `body` on `width` threads, this one among them, and waits for all.
    private static func onThreads(_ width: Int, _ body: @escaping @Sendable () -> Void) {
        let others = DispatchGroup()
        for _ in 1..<max(1, width) {
            others.enter()
            Thread.detachNewThread {
                body()
                others.leave()
            }
        }
        body()
        others.wait()
    }
}
