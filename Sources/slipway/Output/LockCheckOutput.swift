import BundleFormat
import Foundation
import Payloads

/// What `slipway lock --check` prints.
enum LockCheckOutput {
    static func text(_ states: [(name: String, state: LockCheck.State)]) -> String {
        let width = states.map(\.name.count).max() ?? 0
        return states.map { name, state in
            let (word, detail) = words(state)
            let line = "\(name.padding(toLength: width, withPad: " ", startingAt: 0))  \(word)"
            return detail.map { "\(line)  \($0)\n" } ?? "\(line)\n"
        }.joined()
    }

    static func json(_ states: [(name: String, state: LockCheck.State)]) -> JSONValue {
        .array(
            states.map { name, state in
                let (word, detail) = words(state)
                var object = JSONObject([("name", .string(name)), ("state", .string(word))])
                object["detail"] = detail.map { .string($0) }
                return .object(object)
            })
    }

    private static func words(_ state: LockCheck.State) -> (String, String?) {
        switch state {
        case .current: ("current", nil)
        case .unpinned: ("not pinned", nil)
        case .replaced(let what): ("replaced", what)
        case .newer(let what): ("newer", what)
        case .gone(let what): ("gone", what)
        case .changed(let what): ("changed", what)
        case .unknown(let why): ("unknown", why)
        }
    }
}
