import Testing

@testable import HostSystem

@Suite("work on threads")
struct ParallelTests {
    @Test("results stand in the order of the items, and failures beside them")
    func order() async {
        struct Odd: Error {}
        let results = await Parallel.results(of: Array(0..<100), width: 4) { item throws -> Int in
            guard item.isMultiple(of: 2) else { throw Odd() }
            return item
        }
        #expect(results.map { try? $0.get() } == (0..<100).map { $0.isMultiple(of: 2) ? $0 : nil })
    }

    @Test("of several errors the first element's is thrown, whatever the threads do")
    func firstError() {
        struct Failed: Error, Equatable { let index: Int }
        for _ in 0..<500 {
            #expect(throws: Failed(index: 0)) {
                try Parallel.forEach(50, width: 4) { index throws(Failed) in throw Failed(index: index) }
            }
        }
    }

    @Test("a thread may end after the caller has gone on: a thousand short works in a row")
    func letsGo() {
        for round in 0..<1_000 {
            let found = Parallel.compactMap(3, width: 3) { index in index + round }
            #expect(found.map(\.value) == [round, round + 1, round + 2])
        }
    }
}
