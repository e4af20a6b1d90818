/// The beginning of a qcow2 image as qemu-img makes them, without data: header, reference counts and the first table, each
/// in a cluster of its own.
struct SmallQcow2 {
    var size: UInt64
    var version: UInt32 = 3
    var clusterBits: UInt32 = 16
    var tableCount: UInt32 = 1
    var backingFile: UInt64 = 0
    var encryption: UInt32 = 0
    var snapshots: UInt32 = 0
    var incompatible: UInt64 = 0
    var autoclear: UInt64 = 0
    /// What is beyond the header: garbage unless wanted otherwise, for an entry must not keep it.
    var filler: UInt8 = 0xEE

    var tableOffset: UInt64 { 3 << UInt64(clusterBits) }

    var bytes: [UInt8] {
        var header: [UInt8] = [0x51, 0x46, 0x49, 0xFB]
        func append(_ number: UInt64, _ count: Int) {
            header += (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
        }
        append(UInt64(version), 4)
        append(backingFile, 8)
        append(backingFile == 0 ? 0 : 4, 4)
        append(UInt64(clusterBits), 4)
        append(size, 8)
        append(UInt64(encryption), 4)
        append(UInt64(tableCount), 4)
        append(tableOffset, 8)
        append(1 << UInt64(clusterBits), 8)
        append(1, 4)
        append(UInt64(snapshots), 4)
        append(0, 8)
        if version == 3 {
            append(incompatible, 8)
            append(0, 8)
            append(autoclear, 8)
            append(4, 4)
            append(104, 4)
        }
        let length = Int(tableOffset) + 1 << Int(clusterBits)
        return header + [UInt8](repeating: filler, count: length - header.count)
    }
}
