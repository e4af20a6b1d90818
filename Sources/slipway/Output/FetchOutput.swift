import BundleFormat
import Foundation
import Payloads

/// Shows how a fetch goes: one line that is redrawn on a terminal, plain lines elsewhere, JSON lines for programs.
final class FetchOutput: @unchecked Sendable {
    private let context: Context
    private let format: OutputFormat
    // Everything below is touched with the lock held: events come from several threads.
    private let lock = NSLock()
    private var progress: FetchProgress
    private var isLineShown = false
    private var lastDrawn = Date.distantPast

    init(_ context: Context, format: OutputFormat, count: Int, total: Int64) {
        self.context = context
        self.format = format
        progress = FetchProgress(count: count, total: total)
    }

    func take(_ event: FetchEvent) {
        lock.withLock {
            progress.take(event)
            switch format {
            case .json: writeJSON(event)
            case .text: writeText(event)
            }
        }
    }

    /// Removes the progress line.
    func finish() { lock.withLock { erase() } }

    private func writeText(_ event: FetchEvent) {
        switch event {
        case .finished(let name, let outcome):
            erase()
            context.err("\(name): \(outcome.rawValue)\n")
        // All failures are told together at the end.
        case .failed, .started, .progress: break
        }
        guard context.redraws, Date().timeIntervalSince(lastDrawn) > 0.1 else { return }
        lastDrawn = Date()
        isLineShown = true
        let now = Double(DispatchTime.now().uptimeNanoseconds) / 1e9
        context.err("\r\u{1B}[K" + progress.line(rate: progress.rate(at: now)))
    }

    private func erase() {
        if isLineShown { context.err("\r\u{1B}[K") }
        isLineShown = false
    }

    private func writeJSON(_ event: FetchEvent) {
        switch event {
        case .started(let name, let size):
            var object = JSONObject([("event", .string("started")), ("name", .string(name))])
            object["size"] = size.map { .integer($0) }
            context.out(JSONOutput.line(.object(object)))
        case .progress(let name, let received):
            guard Date().timeIntervalSince(lastDrawn) > 1 else { return }
            lastDrawn = Date()
            context.out(JSONOutput.line(["event": "progress", "name": .string(name), "received": .integer(received)]))
        case .finished(let name, let outcome):
            context.out(
                JSONOutput.line(["event": "finished", "name": .string(name), "outcome": .string(outcome.rawValue)]))
        case .failed(let name, let error):
            context.out(JSONOutput.line(["event": "failed", "name": .string(name), "message": .string("\(error)")]))
        }
    }
}
