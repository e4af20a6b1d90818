import Foundation
import HostSystem
import Synchronization

/// What machines write on their consoles: as much as they like, and whatever they like. Never read whole.
package final class ConsoleLog: Sendable {
    /// What was seen of a file so far.
    private struct Seen {
        /// Another file of the same name is another boot's.
        let file: FileIdentity
        var offset: UInt64
        var stage: BootStage?
        /// The beginning of a line whose end is not there yet.
        var rest: [UInt8] = []
        /// Whether the file was longer than what is looked at.
        var isPart: Bool
    }

    /// The most bytes that are looked at in one go: what is before them is passed over.
    static let limit: UInt64 = 1 << 20
    /// The longest line of interest.
    private static let lineLimit = 4096

    private let seen = Mutex<[String: Seen]>([:])

    package init() {}

    /// How far the boot is that the file tells of, from what came since the last look; nil when it tells nothing.
    package func stage(in path: String) -> BootStage? {
        guard let identity = Files.identity(of: path), let file = FileHandle(forReadingAtPath: path),
            let size = try? file.seekToEnd()
        else { return nil }
        var known = seen.withLock { $0[path] }
        if known?.file != identity || (known?.offset ?? 0) > size { known = nil }
        var now = known ?? Seen(file: identity, offset: 0, isPart: false)
        if size - now.offset > Self.limit {
            now.offset = size - Self.limit
            now.rest = []
            now.isPart = true
        }
        guard (try? file.seek(toOffset: now.offset)) != nil else { return now.stage }
        while now.offset < size, let piece = try? file.read(upToCount: 1 << 16), !piece.isEmpty {
            now.offset += UInt64(piece.count)
            let text = now.rest + piece
            if let stage = BootStage(console: String(decoding: text, as: UTF8.self)[...]) {
                now.stage = max(now.stage ?? .booting, stage)
            }
            let line = text.lastIndex(of: UInt8(ascii: "\n")).map { text[($0 + 1)...] } ?? text[...]
            now.rest = Array(line.suffix(Self.lineLimit))
        }
        seen.withLock { $0[path] = now }
        // What was passed over may have told more.
        return now.isPart && now.stage == .booting ? nil : now.stage
    }

    /// The last lines of a file, fit for a terminal; empty when it cannot be read.
    package static func lastLines(_ count: Int, of path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd(),
            (try? file.seek(toOffset: size - min(size, 1 << 14))) != nil, let bytes = try? file.read(upToCount: 1 << 14)
        else { return "" }
        var filter = TerminalFilter()
        let text = String(decoding: filter.pass(bytes), as: UTF8.self)
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}
