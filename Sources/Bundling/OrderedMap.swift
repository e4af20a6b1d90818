/// Transforms elements on several threads and hands the results over in the order of the elements.
enum OrderedMap {
    /// - Parameter width: how many transformations run at a time, at least 1. Results that are waiting for an earlier one
    ///   count too, so that memory stays bounded.
    static func map<Element: Sendable, Result: Sendable>(
        _ elements: [Element], width: Int, transform: @escaping @Sendable (Element) throws -> Result
    ) -> AsyncThrowingStream<Result, any Error> {
        AsyncThrowingStream(unfolding: OrderedMapState(elements, width: max(1, width), transform).next)
    }
}

/// The transformations under way, oldest first.
private actor OrderedMapState<Element: Sendable, Result: Sendable> {
    private var remaining: ArraySlice<Element>
    private var running: [Task<Result, any Error>] = []
    private let width: Int
    private let transform: @Sendable (Element) throws -> Result

    init(_ elements: [Element], width: Int, _ transform: @escaping @Sendable (Element) throws -> Result) {
        remaining = elements[...]
        self.width = width
        self.transform = transform
    }

    @Sendable func next() async throws -> Result? {
        begin()
        guard !running.isEmpty else { return nil }
        let result = try await running.removeFirst().value
        // So that the threads have work while the caller works on the result.
        begin()
        return result
    }

    private func begin() {
        while running.count < width, let element = remaining.popFirst() {
            running.append(Task { [transform] in try transform(element) })
        }
    }
}
