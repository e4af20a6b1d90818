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

    /// The snapshots inside the image; none when the image is damaged there.
    ///
    /// Nobody else may use the file meanwhile.
    var snapshots: [QcowSnapshot] {
        guard let header, header.snapshots > 0, let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        var found: [QcowSnapshot] = []
        var offset = header.snapshotsOffset
        for _ in 0..<min(header.snapshots, 1000) {
            guard (try? file.seek(toOffset: offset)) != nil,
                let entry = QcowSnapshot(Array((try? file.read(upToCount: QcowSnapshot.limit)) ?? Data()))
            else { return found }
            found.append(entry)
            offset += UInt64(entry.byteCount)
        }
        return found
    }

    private static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
    }
}

/// The fixed part of a qcow2 image's header, and of version 3's what matters when the image is enlarged.
///
/// See QEMU's docs/interop/qcow2.txt. Every number is big-endian.
struct QcowHeader: Hashable {
    static let byteCount = 104

    let version: UInt32
    let hasBackingFile: Bool
    let clusterBits: UInt32
    /// Bytes that the guest sees.
    let size: UInt64
    let isEncrypted: Bool
    /// Entries of the table of the first level.
    let tableCount: UInt32
    let tableOffset: UInt64
    let snapshots: UInt32
    let snapshotsOffset: UInt64
    let incompatibleFeatures: UInt64
    let autoclearFeatures: UInt64

    /// Nil when the bytes are no qcow2 image of version 2 or 3.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 72, bytes.starts(with: [0x51, 0x46, 0x49, 0xFB]) else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
        }
        version = UInt32(number(4, 4))
        guard version == 2 || (version == 3 && bytes.count >= Self.byteCount) else { return nil }
        hasBackingFile = number(8, 8) != 0
        clusterBits = UInt32(number(20, 4))
        guard (9...21).contains(clusterBits) else { return nil }
        size = number(24, 8)
        isEncrypted = number(32, 4) != 0
        tableCount = UInt32(number(36, 4))
        tableOffset = number(40, 8)
        snapshots = UInt32(number(60, 4))
        snapshotsOffset = number(64, 8)
        incompatibleFeatures = version == 3 ? number(72, 8) : 0
        autoclearFeatures = version == 3 ? number(88, 8) : 0
    }

    /// Bits of ``incompatibleFeatures``.
    private static let dirty: UInt64 = 1, corrupt: UInt64 = 2, compressionType: UInt64 = 8

    var isDamaged: Bool { incompatibleFeatures & Self.corrupt != 0 }

    /// Why the image cannot be enlarged by changing the header alone; nil when it can.
    var reasonNotToGrow: String? {
        if incompatibleFeatures & Self.dirty != 0 { return "it was not closed in order" }
        if incompatibleFeatures & ~Self.compressionType != 0 { return "it uses features that are not known here" }
        if autoclearFeatures != 0 { return "it has bitmaps" }
        if isEncrypted { return "it is encrypted" }
        if snapshots != 0 { return "it has snapshots inside" }
        return nil
    }

    /// The bytes for which an entry of the table of the first level stands: a cluster full of entries of 8 bytes, each
    /// for a cluster.
    private var bytesPerEntry: UInt64 { 1 << UInt64(2 * clusterBits - 3) }

    /// How many entries the table needs for so many bytes.
    func entries(for size: UInt64) -> UInt64 { (size + bytesPerEntry - 1) / bytesPerEntry }

    /// How many entries have room in the clusters that the table has; a cluster has one use only.
    var tableCapacity: UInt64 {
        let cluster: UInt64 = 1 << UInt64(clusterBits)
        return (UInt64(tableCount) * 8 + cluster - 1) / cluster * cluster / 8
    }
}

/// An entry of an image's table of snapshots.
struct QcowSnapshot: Hashable {
    /// More bytes than an entry has that QEMU writes.
    static let limit = 4096

    let name: String
    /// What tells it from another one of the same name: its number, its time and the guest's clock.
    let identity: String
    /// Of the entry, up to the next one.
    let byteCount: Int

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 40 else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let (idLength, nameLength, extra) = (Int(number(12, 2)), Int(number(14, 2)), Int(number(36, 4)))
        let (start, end) = (40 + extra, 40 + extra + idLength + nameLength)
        guard extra < Self.limit, end <= bytes.count else { return nil }
        let id = String(decoding: bytes[start..<start + idLength], as: UTF8.self)
        name = String(decoding: bytes[start + idLength..<end], as: UTF8.self)
        identity = "\(id)-\(number(16, 4)).\(number(20, 4))-\(number(24, 8))"
        byteCount = (end + 7) / 8 * 8
    }
}
