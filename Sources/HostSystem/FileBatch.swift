import SystemPackage

/// Files that are written beside their targets, synced, and moved there, as ``AtomicFile`` does with one; but all are written before
/// the disk is waited for, and each directory is synced once. A hundred files then share a few commits of the file system instead
/// of taking two each.
public enum FileBatch<Failure: SystemFailure> {
    /// What a file shall hold, and its mode.
    public struct Item: Sendable {
        public let path: String
        public let bytes: [UInt8]
        public let mode: UInt16

        public init(path: String, bytes: [UInt8], mode: UInt16 = 0o600) {
            self.path = path
            self.bytes = bytes
            self.mode = mode
        }
    }

    private struct Staged {
        let target: FilePath
        let temporary: FilePath
        let file: FileDescriptor
        var isPlaced = false
    }

    /// More files than this at a time are in several batches: each is open until it is synced.
    private static var limit: Int { 128 }

    /// Writes the files into directories that are there. What has its content and mode already is left alone.
    public static func write(_ items: [Item]) throws(Failure) {
        var rest = items.filter { !Files<Failure>.holds($0.bytes, $0.path, mode: $0.mode) }[...]
        while !rest.isEmpty {
            try place(rest.prefix(limit))
            rest = rest.dropFirst(limit)
        }
    }

    private static func place(_ items: ArraySlice<Item>) throws(Failure) {
        var staged: [Staged] = []
        defer {
            for one in staged {
                try? one.file.close()
                if !one.isPlaced { try? SystemCalls.unlink(one.temporary.string) }
            }
        }
        for item in items {
            let target = FilePath(item.path)
            let tag = String(UInt64.random(in: .min ... .max), radix: 36)
            let temporary = target.removingLastComponent().appending(".slipway-\(tag)")
            let file = try Files<Failure>.createFile(temporary.string)
            staged.append(Staged(target: target, temporary: temporary, file: file))
            do {
                try unsafe item.bytes.withUnsafeBytes { _ = try unsafe file.writeAll($0) }
                try SystemCalls.setPermissions(file, bits: item.mode)
            } catch { throw Failure(SystemError("write", item.path, error as? Errno ?? .ioError)) }
        }
        for one in staged { try synchronise(one.file, one.target) }
        for index in staged.indices {
            try Files<Failure>.rename(staged[index].temporary.string, to: staged[index].target.string)
            staged[index].isPlaced = true
        }
        for directory in Set(staged.map { $0.target.removingLastComponent() }) {
            let path = directory.isEmpty ? "." : directory.string
            let opened = OwnedDescriptor(owning: try Files<Failure>.openForReading(path))
            try synchronise(opened.descriptor, directory)
        }
    }

    private static func synchronise(_ file: FileDescriptor, _ path: FilePath) throws(Failure) {
        do throws(Errno) { try SystemCalls.synchronise(file) } catch {
            throw Failure(SystemError("write", path.string, error))
        }
    }
}
