import Foundation
import Payloads
import TestSupport

/// Collects what a fetch reports from its threads.
final class Events: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func take(_ event: FetchEvent) {
        lock.withLock {
            switch event {
            case .started(let name, _): lines.append("\(name) started")
            case .progress: break
            case .finished(let name, let outcome): lines.append("\(name) \(outcome.rawValue)")
            case .failed(let name, _): lines.append("\(name) failed")
            }
        }
    }

    var all: [String] { lock.withLock { lines } }
}
