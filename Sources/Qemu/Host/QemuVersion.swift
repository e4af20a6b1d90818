/// The version of an installed QEMU.
struct QemuVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int

    /// The first with `reconnect` on stream network devices, by which machines and the switch may start in any order.
    static let oldest = QemuVersion(major: 8, minor: 0, patch: 0)

    init(major: Int, minor: Int, patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// From the first line of `--version`: `QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)`, `qemu-img version 8.2.2`.
    init?(parsing output: String) {
        guard let line = output.split(whereSeparator: \.isNewline).first else { return nil }
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "version"), place + 1 < words.count else { return nil }
        // Development versions have a suffix: 9.2.50-dirty, 10.1.0-rc2, v10.0.0-1234-gabcdef.
        let numbers = words[place + 1].drop { $0 == "v" }.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let parts = numbers.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...4).contains(parts.count), let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor, patch: parts.count > 2 ? parts[2] ?? 0 : 0)
    }

    static func < (left: QemuVersion, right: QemuVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    var description: String { "\(major).\(minor).\(patch)" }

    /// What makes a stream network device connect again every second. 9.2 counts in milliseconds and
    /// deprecates seconds.
    var reconnection: String {
        self < QemuVersion(major: 9, minor: 2, patch: 0) ? "reconnect=1" : "reconnect-ms=1000"
    }
}
