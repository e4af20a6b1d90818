import SystemPackage

/// Reads a file that the user named.
enum InputFile {
    /// The whole file.
    ///
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: ``CommandFailure`` that names the file.
    static func bytes(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(FilePath(path), .readOnly)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                while bytes.count <= limit {
                    let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes += buffer[..<count]
                }
                let size = limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit) bytes"
                throw CommandFailure(.input, "\(path): the file is larger than \(size)")
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(ExitStatus(reading: error), "cannot read \(path): \(error)")
        }
    }

    /// The whole file as UTF-8 text.
    static func text(_ path: String, limit: Int = 8 << 20) throws(CommandFailure) -> String {
        let bytes = try bytes(path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw CommandFailure(
                .input, "\(path): the file is not UTF-8 text", help: "save it as UTF-8 without NUL characters")
        }
        return text
    }

    static func exists(_ path: String) -> Bool {
        guard let descriptor = try? FileDescriptor.open(FilePath(path), .readOnly) else { return false }
        try? descriptor.close()
        return true
    }
}
