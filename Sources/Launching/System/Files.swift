package import Foundation

/// The file operations of this module: a file is there whole or not at all.
package enum Files {
    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Makes the directory and those above it; only the last gets the mode.
    package static func makeDirectory(_ path: String, mode: UInt16 = 0o755) throws(LaunchError) {
        guard !exists(path) else { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, !exists(parent) { try makeDirectory(parent) }
        try SystemCalls.makeDirectory(path, mode: mode)
    }

    /// Seconds since the file was last written to; nil when there is none.
    package static func age(of path: String) -> TimeInterval? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.modificationDate] as? Date).map { -$0.timeIntervalSinceNow }
    }

    /// Nil when there is no such file.
    package static func read(_ path: String) throws(LaunchError) -> [UInt8]? {
        guard exists(path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .system(call: "read", path: path, reason: "it cannot be opened")
        }
        return Array(data)
    }

    /// Writes beside the target and renames; nothing is done when the content is there already.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o600) throws(LaunchError) {
        if let present = try? read(path), present == bytes { return }
        let temporary = path + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: Int(mode)]
        guard FileManager.default.createFile(atPath: temporary, contents: Data(bytes), attributes: attributes) else {
            throw .system(call: "write", path: path, reason: "the disk may be full or read-only")
        }
        try SystemCalls.rename(temporary, to: path)
    }

    /// Removes the file or the whole tree; nothing to remove is no error.
    package static func remove(_ path: String) throws(LaunchError) {
        do { try FileManager.default.removeItem(atPath: path) } catch CocoaError.fileNoSuchFile {
            return
        } catch {
            guard exists(path) else { return }
            throw .system(call: "remove", path: path, reason: error.localizedDescription)
        }
    }

    /// The names in a directory, sorted; none when it is not there.
    package static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// The paths of the regular files below a directory, relative to it, sorted.
    package static func files(below path: String) -> [String] {
        let all = FileManager.default.subpaths(atPath: path) ?? []
        return all.filter { exists("\(path)/\($0)") && !isDirectory("\(path)/\($0)") }.sorted()
    }
}
