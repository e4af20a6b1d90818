import Foundation

/// A disk image file that is or is not qcow2.
struct QcowImage {
    let path: String
    /// Nil for an image of another format.
    let header: QcowHeader?

    init(path: String) throws(UTMError) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw .noFile(path: path, purpose: "a machine's disk image")
        }
        defer { try? file.close() }
        self.path = path
        header = QcowHeader(Array((try? file.read(upToCount: QcowHeader.byteCount)) ?? Data()))
    }

    /// Makes the guest see a disk of so many bytes; one that is as large already stays.
    ///
    /// Only the header changes, and entries of the first table that were beyond its end: the table lies in clusters of
    /// its own, which have room for terabytes. So no program is needed that a Mac with UTM may not have. Nobody else may
    /// use the file meanwhile.
    ///
    /// - Throws: ``UTMError/cannotGrow(path:reason:)``, when the header says that more would have to change.
    func grow(to size: UInt64) throws(UTMError) {
        guard let header, header.size < size else { return }
        if let reason = header.reasonNotToGrow { throw .cannotGrow(path: path, reason: reason) }
        let entries = header.entries(for: size)
        guard entries <= header.tableCapacity, size % 512 == 0 else {
            throw .cannotGrow(path: path, reason: "its table has no room for \(size) bytes")
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else {
            throw .cannotGrow(path: path, reason: "it cannot be opened for writing")
        }
        defer { try? file.close() }
        let added = max(entries, UInt64(header.tableCount)) - UInt64(header.tableCount)
        do {
            // The table first: a header that counts entries which are not yet zero would be a damaged image.
            try file.seek(toOffset: header.tableOffset + 8 * UInt64(header.tableCount))
            try file.write(contentsOf: Data(count: Int(added) * 8))
            try file.synchronize()
            // Size, method of encryption, which is none, and count in one write of one sector: the image is never in
            // between.
            let count = UInt64(header.tableCount) + added
            try file.seek(toOffset: 24)
            try file.write(
                contentsOf: Data(Self.bytes(size, count: 8) + [0, 0, 0, 0] + Self.bytes(count, count: 4)))
            try file.synchronize()
        } catch { throw .cannotGrow(path: path, reason: error.localizedDescription) }
    }

    private static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
    }
}
