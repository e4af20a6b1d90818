import BundleFormat
import Values

extension RootDirectory {
    /// Large enough to make system calls rare, small enough to stay in the processor's cache.
    static let chunkSize = 128 << 10

    /// Calls `body` with the file's bytes in order; false when nothing is at the path.
    func forEachChunk(
        of path: String, _ body: (ArraySlice<UInt8>) throws(ApplyError) -> Void
    ) throws(ApplyError) -> Bool {
        guard let file = try file(path) else { return false }
        var buffer = [UInt8](repeating: 0, count: Self.chunkSize)
        while true {
            let count: Int
            do { count = try Kernel.read(file, into: &buffer) } catch {
                throw ApplyError("read", hostPath(of: path), error)
            }
            guard count > 0 else { return true }
            try body(buffer[..<count])
        }
    }

    /// The digest of a file's content; nil when nothing is at the path.
    func digest(of path: String) throws(ApplyError) -> Digest? {
        var hash = SHA256()
        let isThere = try forEachChunk(of: path) { (chunk) throws(ApplyError) in hash.update(chunk) }
        return isThere ? hash.finish() : nil
    }

    /// The content of a small file; nil when nothing is at the path.
    ///
    /// - Parameter limit: the greatest number of bytes; a longer file is cut, which no parser then accepts.
    func content(of path: String, limit: Int = 64 << 20) throws(ApplyError) -> [UInt8]? {
        var content: [UInt8] = []
        let isThere = try forEachChunk(of: path) { (chunk) throws(ApplyError) in
            if content.count < limit { content += chunk }
        }
        return isThere ? content : nil
    }
}
