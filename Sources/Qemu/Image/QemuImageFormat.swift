/// What a guest image is, by its first bytes: its name says nothing that can be relied on.
enum QemuImageFormat: String, Hashable, Sendable {
    case qcow2
    case raw

    /// How many bytes of the file ``init(header:name:)`` wants to see; fewer are fine when the file is no longer.
    static let headerLength = 0x8010

    /// Anything that is not known to be something else is raw.
    ///
    /// - Throws: ``QemuImageError`` for what QEMU could only be given after a conversion.
    init(header: [UInt8], name: String) throws(QemuImageError) {
        if Self.matches(header, [0x51, 0x46, 0x49, 0xFB]) {
            let version = header.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard version == 2 || version == 3 else {
                throw .unusable(
                    image: name, kind: "a qcow image of version \(version)", remedy: Self.convert("qcow", name))
            }
            self = .qcow2
            return
        }
        for (kind, offset, magic, remedy) in Self.foreign where Self.matches(header, magic, at: offset) {
            throw .unusable(image: name, kind: kind, remedy: remedy(name))
        }
        self = .raw
    }

    private static func matches(_ header: [UInt8], _ magic: [UInt8], at offset: Int = 0) -> Bool {
        header.dropFirst(offset).starts(with: magic)
    }

    private typealias Foreign = (kind: String, offset: Int, magic: [UInt8], remedy: @Sendable (String) -> String)

    private static let foreign: [Foreign] = [
        ("compressed with gzip", 0, [0x1F, 0x8B], { "unpack it with: gzip -dk \($0)" }),
        ("compressed with xz", 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], { "unpack it with: xz -dk \($0)" }),
        ("compressed with bzip2", 0, [0x42, 0x5A, 0x68], { "unpack it with: bzip2 -dk \($0)" }),
        ("compressed with zstd", 0, [0x28, 0xB5, 0x2F, 0xFD], { "unpack it with: zstd -d \($0)" }),
        ("a zip archive", 0, [0x50, 0x4B, 0x03, 0x04], { "unpack it with: unzip \($0)" }),
        ("a tar archive", 257, Array("ustar".utf8), { "unpack it with: tar -xf \($0)" }),
        ("a VMware disk", 0, Array("KDMV".utf8), { convert("vmdk", $0) }),
        ("a VMware disk's description", 0, Array("# Disk DescriptorFile".utf8), { convert("vmdk", $0) }),
        ("a VirtualBox disk", 0x40, [0x7F, 0x10, 0xDA, 0xBE], { convert("vdi", $0) }),
        ("a Hyper-V disk", 0, Array("vhdxfile".utf8), { convert("vhdx", $0) }),
        ("a Virtual PC disk", 0, Array("conectix".utf8), { convert("vpc", $0) }),
        ("an installation CD", 0x8001, Array("CD001".utf8), { _ in "name a cloud image (qcow2 or raw) instead" }),
    ]

    private static func convert(_ format: String, _ name: String) -> String {
        "convert it with: qemu-img convert -f \(format) -O qcow2 \(name) image.qcow2"
    }
}
