import Testing

@testable import Bundling

@Suite struct OrderedMapTests {
    private struct Odd: Error {}

    @Test(arguments: [1, 2, 7, 100]) func keepsTheOrder(width: Int) async throws {
        var results: [Int] = []
        for try await result in OrderedMap.map(Array(0..<50), width: width, transform: { $0 * 2 }) {
            results.append(result)
        }
        #expect(results == (0..<50).map { $0 * 2 })
    }

    @Test func stopsAtTheFirstError() async {
        var results: [Int] = []
        await #expect(throws: Odd.self) {
            let stream = OrderedMap.map(Array(0..<10), width: 3) { element in
                if element == 4 { throw Odd() }
                return element
            }
            for try await result in stream { results.append(result) }
        }
        #expect(results == [0, 1, 2, 3])
    }
}
