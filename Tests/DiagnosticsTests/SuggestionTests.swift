import Diagnostics
import Testing
import Values

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("adress", "address"), ("addres", "address"), ("adderss", "address"), ("Role", "role"), ("worke", "worker"),
    ])
    func findsTheNearest(written: String, meant: String) {
        #expect(Suggestion.nearest(to: written, among: ["address", "role", "worker", "name"]) == meant)
    }

    @Test func saysNothingWhenNothingIsNear() {
        #expect(Suggestion.nearest(to: "bananas", among: ["address", "role"]) == nil)
        #expect(Suggestion.help(for: "bananas", among: ["role", "address"]) == "expected one of: address, role")
    }
}
