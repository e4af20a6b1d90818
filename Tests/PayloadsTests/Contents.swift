import Archive
import Values

/// Small files that are what their payloads must be.
enum Contents {
    /// The header of a program for Linux, and bytes behind it.
    static func program(_ bytes: [UInt8] = [], _ architecture: Architecture = .amd64) -> [UInt8] {
        let machine: UInt8 = architecture == .amd64 ? 62 : 183
        return [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8) + [2, 0, machine, 0] + bytes
    }

    /// A package without files.
    static func package(_ bytes: [UInt8] = [], _ architecture: String = "amd64") throws -> [UInt8] {
        let control = Array("Package: haproxy\nVersion: 1\nArchitecture: \(architecture)\n".utf8)
        return Array("!<arch>\n".utf8) + ar("debian-binary", Array("2.0\n".utf8))
            + ar("control.tar", try TarWriter.bytes(of: [.file("control", control, permissions: 0o644)]))
            + ar("data.tar", bytes)
    }

    /// A member of an ar (deb(5)): name, date, owner, group, mode, size.
    private static func ar(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        func field(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: width - text.utf8.count)
        }
        let header =
            field(name, 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("100644", 8)
            + field("\(bytes.count)", 10) + "`\n"
        return Array(header.utf8) + bytes + (bytes.count % 2 == 0 ? [] : [0x0A])
    }

    /// The beginning of a qcow2 image.
    static func disk(_ bytes: [UInt8] = []) -> [UInt8] { [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + bytes }
}
