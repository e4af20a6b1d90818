package import Foundation

/// A file without a name, for what a program reads or prints: unlike a pipe it never fills up.
package struct Scratch {
    package let file: FileHandle

    package var descriptor: Int32 { file.fileDescriptor }

    package init(_ content: [UInt8] = []) throws(LaunchError) {
        let path = NSTemporaryDirectory() + "/slipway-\(UUID().uuidString)"
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(content), attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forUpdatingAtPath: path)
        else { throw .system(call: "write", path: path, reason: "the disk may be full or read-only") }
        try? FileManager.default.removeItem(atPath: path)
        self.file = file
    }

    /// Everything that was written, from the start.
    package func text() -> String {
        try? file.seek(toOffset: 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
