import Archive
import BundleFormat
import Values

/// Members the tests share.
enum Samples {
    /// Members of a seed with everything that is special in ISO 9660: an empty file and directory, names of 64 characters that
    /// differ in the last, names that collide in 8.3, the deepest file, content at sector borders.
    static func seed() throws -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = [
            try .file("user-data", Array("#cloud-config\nhostname: etcd-1\n".utf8)),
            try .file("meta-data", Array("instance-id: ha-etcd-1\n".utf8)),
            try .file("network-config", []),
            try .file("slipway/machine.json", Array("{}".utf8), permissions: 0o640),
            try .file("slipway/key.pem", [UInt8](repeating: 7, count: 2048), permissions: 0o600),
            try .file("slipway/border", [UInt8](repeating: 8, count: 2049), permissions: 0o755),
            try .file("a/b/c/d/e/f/g/deepest.txt", Array("deep".utf8)),
            try .file("slipway/" + String(repeating: "x", count: 64), [1]),
            try .file("slipway/" + String(repeating: "x", count: 63) + "y", [2]),
            try .file("slipway/UPPER.and.dots~@+,=", [3]),
            try .directory("slipway/empty", permissions: 0o700),
        ]
        for number in 0..<30 {
            let content = [UInt8](repeating: UInt8(number), count: 100 + number * 137)
            entries.append(try .file("slipway/files/certificate-of-something-\(number).pem", content))
        }
        return entries
    }

    static func sorted(_ entries: [ArchiveEntry]) -> [ArchiveEntry] { entries.sorted { $0.path < $1.path } }
}
