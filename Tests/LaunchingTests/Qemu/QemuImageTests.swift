import Testing
import Values

@testable import Launching
@testable import Qemu

@Suite("qemu images")
struct QemuImageTests {
    private static func header(_ magic: [UInt8], at offset: Int = 0) -> [UInt8] {
        [UInt8](repeating: 0, count: offset) + magic + [UInt8](repeating: 0, count: 600)
    }

    @Test("qcow2 by its first bytes, raw by having none that are known")
    func usable() throws {
        for version: UInt8 in [2, 3] {
            let header = Self.header([0x51, 0x46, 0x49, 0xFB, 0, 0, 0, version])
            #expect(try QemuImageFormat(header: header, name: "i") == .qcow2)
        }
        #expect(try QemuImageFormat(header: Self.header([0xEB, 0x63, 0x90]), name: "i") == .raw)
        #expect(try QemuImageFormat(header: [], name: "i") == .raw)
        #expect(try QemuImageFormat(header: [0x51, 0x46, 0x49], name: "i") == .raw)
    }

    @Test(
        "anything else tells what to do",
        arguments: [
            ([0x1F, 0x8B, 8], 0, "compressed with gzip", "unpack it with: gzip -dk debian.img"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], 0, "compressed with xz", "unpack it with: xz -dk debian.img"),
            ([0x28, 0xB5, 0x2F, 0xFD], 0, "compressed with zstd", "unpack it with: zstd -d debian.img"),
            ([0x42, 0x5A, 0x68, 0x39], 0, "compressed with bzip2", "unpack it with: bzip2 -dk debian.img"),
            ([0x50, 0x4B, 3, 4], 0, "a zip archive", "unpack it with: unzip debian.img"),
            (Array("ustar".utf8), 257, "a tar archive", "unpack it with: tar -xf debian.img"),
            (
                Array("KDMV".utf8), 0, "a VMware disk",
                "convert it with: qemu-img convert -f vmdk -O qcow2 debian.img image.qcow2"
            ),
            (
                Array("vhdxfile".utf8), 0, "a Hyper-V disk",
                "convert it with: qemu-img convert -f vhdx -O qcow2 debian.img image.qcow2"
            ),
            (
                [0x7F, 0x10, 0xDA, 0xBE], 64, "a VirtualBox disk",
                "convert it with: qemu-img convert -f vdi -O qcow2 debian.img image.qcow2"
            ),
            (
                [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 1], 0, "a qcow image of version 1",
                "convert it with: qemu-img convert -f qcow -O qcow2 debian.img image.qcow2"
            ),
            (Array("CD001".utf8), 0x8001, "an installation CD", "name a cloud image (qcow2 or raw) instead"),
        ] as [([UInt8], Int, String, String)])
    func unusable(magic: [UInt8], offset: Int, kind: String, remedy: String) {
        let error = QemuImageError.unusable(image: "debian.img", kind: kind, remedy: remedy)
        #expect(throws: error) { try QemuImageFormat(header: Self.header(magic, at: offset), name: "debian.img") }
        #expect(error.description == "the guest image debian.img is \(kind); expected qcow2 or raw: \(remedy)")
        #expect(
            Self.header(magic, at: offset).count >= offset + magic.count
                && offset + magic.count <= QemuImageFormat.headerLength)
    }

    @Test("commands")
    func commands() {
        let commands = QemuImageCommand(program: "qemu-img")
        let disk = QemuNames.disk("etcd-1")
        #expect(
            commands.create(disk, backing: QemuNames.backing("image-ubuntu"), format: .qcow2, size: 21_474_836_480) == [
                "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "../../images/image-ubuntu",
                "machines/etcd-1/disk.qcow2", "21474836480",
            ])
        #expect(
            commands.info("images/i", format: .raw) == [
                "qemu-img", "info", "-U", "-f", "raw", "--output=json", "images/i",
            ])
        #expect(commands.snapshot("s", of: disk) == ["qemu-img", "snapshot", "-q", "-c", "s", disk])
        #expect(commands.restore("s", to: disk) == ["qemu-img", "snapshot", "-q", "-a", "s", disk])
        #expect(commands.deleteSnapshot("s", of: disk) == ["qemu-img", "snapshot", "-q", "-d", "s", disk])
    }

    @Test("a disk is as large as the bundle wants, never smaller than its image, and never shrinks")
    func sizes() {
        #expect(QemuImageCommand.diskSize(ByteSize(mebibytes: 20_480), image: 3 << 30) == 20 << 30)
        #expect(QemuImageCommand.diskSize(ByteSize(mebibytes: 1024), image: 3 << 30) == 3 << 30)
        let commands = QemuImageCommand(program: "qemu-img")
        #expect(commands.grow("d", from: 5, to: 5) == nil && commands.grow("d", from: 6, to: 5) == nil)
        #expect(commands.grow("d", from: 5, to: 6) == ["qemu-img", "resize", "-q", "-f", "qcow2", "d", "6"])
    }

    @Test("what qemu-img tells")
    func info() throws {
        let output = """
            {
                "children": [{"name": "file", "info": {"virtual-size": 328192, "format": "file"}}],
                "backing-filename-format": "qcow2",
                "snapshots": [
                    {"icount": 0, "vm-clock-nsec": 0, "name": "one", "date-sec": 1795374809, "date-nsec": 454886000, "id": "1"}
                ],
                "virtual-size": 2147483648, "filename": "machines/m/disk.qcow2", "cluster-size": 65536, "format": "qcow2",
                "actual-size": 208896, "format-specific": {"type": "qcow2", "data": {"compat": "1.1"}},
                "backing-filename": "../../images/b", "dirty-flag": false
            }
            """
        let info = try QemuImageInfo(parsing: output, image: "disk.qcow2")
        #expect(info.format == "qcow2" && info.virtualSize == 2 << 30 && info.actualSize == 208_896)
        #expect(info.backing == "../../images/b" && info.dataFile == nil)
        #expect(info.snapshots == [QemuImageInfo.Snapshot(name: "one", time: 1_795_374_809)])
        let alone = try QemuImageInfo(parsing: #"{"format": "raw", "virtual-size": 0}"#, image: "i")
        #expect(alone.backing == nil && alone.snapshots.isEmpty && alone.actualSize == nil)
        try alone.requireAlone(image: "i")
    }

    @Test("an image from outside may not lead to other files")
    func dependent() throws {
        let backed = try QemuImageInfo(
            parsing: #"{"format": "qcow2", "virtual-size": 1, "backing-filename": "/etc/shadow"}"#, image: "i")
        let error = QemuImageError.dependent(image: "i", on: "/etc/shadow")
        #expect(throws: error) { try backed.requireAlone(image: "i") }
        #expect(
            error.description
                == "the guest image i is only what differs from /etc/shadow; expected a whole one: qemu-img convert -O qcow2 i image.qcow2"
        )
        let elsewhere = try QemuImageInfo(
            parsing: #"{"format": "qcow2", "virtual-size": 1, "format-specific": {"data": {"data-file": "/dev/sda"}}}"#,
            image: "i")
        #expect(throws: QemuImageError.dependent(image: "i", on: "/dev/sda")) { try elsewhere.requireAlone(image: "i") }
    }

    @Test(
        "what tells nothing",
        arguments: ["", "qemu-img: error", "[]", #"{"format": "raw"}"#, #"{"format": "raw", "virtual-size": -1}"#])
    func unreadable(output: String) {
        #expect {
            try QemuImageInfo(parsing: output, image: "i")
        } throws: { error in
            "\(error)".hasPrefix("qemu-img tells nothing of use about i: ")
        }
    }
}
