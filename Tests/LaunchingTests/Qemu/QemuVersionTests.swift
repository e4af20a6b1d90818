import Testing

@testable import Launching
@testable import Qemu

@Suite("qemu version")
struct QemuVersionTests {
    @Test(
        "as QEMU's programs tell it",
        arguments: [
            ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)\nCopyright (c) 2003-2025", "10.0.2"),
            ("QEMU emulator version 10.1.0\nCopyright (c) 2003-2025 Fabrice Bellard", "10.1.0"),
            ("QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.10)\n", "8.2.2"),
            ("QEMU emulator version 9.2.4 (qemu-9.2.4-1.fc42)", "9.2.4"),
            ("QEMU emulator version 9.2.50 (v9.2.0-1234-gabcdef)", "9.2.50"),
            ("QEMU emulator version 10.2.0-rc1", "10.2.0"),
            ("QEMU emulator version 7.2.22\r\n", "7.2.22"),
            ("qemu-img version 10.0.2 (Debian)\nCopyright", "10.0.2"),
            ("QEMU emulator version 11.0", "11.0.0"),
        ])
    func parsing(output: String, version: String) {
        #expect(QemuVersion(parsing: output)?.description == version)
    }

    @Test(
        "what tells none",
        arguments: [
            "", "\n", "QEMU emulator version", "version x.y", "QEMU emulator version 10", "zsh: command not found",
        ])
    func none(output: String) {
        #expect(QemuVersion(parsing: output) == nil)
    }

    @Test("order")
    func order() {
        let ordered = [(7, 2, 19), (8, 0, 0), (8, 0, 5), (8, 1, 0), (9, 2, 0), (10, 0, 2)].map {
            QemuVersion(major: $0.0, minor: $0.1, patch: $0.2)
        }
        #expect(ordered.shuffled().sorted() == ordered)
        #expect(ordered[0] < .oldest && !(ordered[1] < .oldest))
    }
}
