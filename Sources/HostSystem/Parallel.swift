import Dispatch
import Synchronization

/// Work that is shared out among threads, element by element.
public enum Parallel {
    /// What `body` gives for each element that is not nil, in the order of the elements. What nobody will read is not kept.
    public static func compactMap<Value: Sendable>(
        _ count: Int, width: Int, _ body: @Sendable (Int) -> Value?
    ) -> [(index: Int, value: Value)] {
        let next = Atomic<Int>(0)
        let found = Mutex<[(index: Int, value: Value)]>([])
        DispatchQueue.concurrentPerform(iterations: max(1, min(width, count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                if let value = body(index) { found.withLock { $0.append((index, value)) } }
            }
        }
        return found.withLock { $0.sorted { $0.index < $1.index } }
    }

    /// Calls `body` for each element. After an error no further element is begun; of several errors the first element's is thrown,
    /// so that what a user reads does not depend on the threads.
    public static func forEach<Failure: Error>(
        _ count: Int, width: Int, _ body: @Sendable (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let hasFailed = Atomic<Bool>(false)
        let failures = compactMap(count, width: width) { index -> Failure? in
            if hasFailed.load(ordering: .relaxed) { return nil }
            do throws(Failure) {
                try body(index)
                return nil
            } catch {
                hasFailed.store(true, ordering: .relaxed)
                return error
            }
        }
        if let first = failures.first { throw first.value }
    }
}
