import Foundation
import Synchronization

/// A directory that is removed with its owner, or with this process where the owner lives as long.
final class TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-interop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        _ = Self.removesAllAtExit
        Self.existing.withLock { _ = $0.insert(url) }
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
        Self.existing.withLock { _ = $0.remove(url) }
    }

    /// Makes or replaces a file.
    @discardableResult
    func write(_ text: String, to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }

    private static let existing = Mutex<Set<URL>>([])
    private static let removesAllAtExit: Void = {
        atexit {
            for url in TemporaryDirectory.existing.withLock({ $0 }) { try? FileManager.default.removeItem(at: url) }
        }
    }()
}
