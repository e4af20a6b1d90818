import BundleFormat
import Launching
import Values

/// The commands of `qemu-img`; paths are relative to the instance's directory, where they are run.
struct QemuImageCommand: Hashable, Sendable {
    /// ``QemuHost/imageProgram``
    let program: String

    /// A disk that begins as an image and keeps only what the machine changes.
    ///
    /// - Parameters:
    ///   - backing: relative to the disk, not to the working directory: see ``QemuNames/backing(_:)``.
    ///   - format: the image's; QEMU guesses no longer, since a guest could write what makes it guess wrong.
    ///   - size: bytes, see ``diskSize(_:image:)``.
    func create(_ disk: String, backing: String, format: QemuImageFormat, size: Int64) -> [String] {
        [program, "create", "-q", "-f", "qcow2", "-F", format.rawValue, "-b", backing, disk, "\(size)"]
    }

    /// The size of a machine's disk: never smaller than its image, whose end would be cut off.
    ///
    /// - Parameters:
    ///   - wanted: ``LaunchDefinition/disk``
    ///   - image: ``QemuImageInfo/virtualSize``
    static func diskSize(_ wanted: ByteSize, image: Int64) -> Int64 { max(Int64(wanted.mebibytes) << 20, image) }

    /// Makes a disk larger; nil when it is as large already. Guests grow their file system at the next boot. No disk shrinks.
    func grow(_ disk: String, from present: Int64, to wanted: Int64) -> [String]? {
        wanted > present ? [program, "resize", "-q", "-f", "qcow2", disk, "\(wanted)"] : nil
    }

    /// - Parameter format: given, since a raw image may begin with anything.
    func info(_ image: String, format: QemuImageFormat) -> [String] {
        // -U: also while a machine has it open.
        [program, "info", "-U", "-f", format.rawValue, "--output=json", image]
    }

    // Snapshots inside the disk. The machine must not run; of a running one, ask QEMU: `QMPCommand`.

    func snapshot(_ name: String, of disk: String) -> [String] { [program, "snapshot", "-q", "-c", name, disk] }
    func restore(_ name: String, to disk: String) -> [String] { [program, "snapshot", "-q", "-a", name, disk] }
    func deleteSnapshot(_ name: String, of disk: String) -> [String] { [program, "snapshot", "-q", "-d", name, disk] }
}

/// What `qemu-img info --output=json` says about an image.
struct QemuImageInfo: Hashable, Sendable {
    struct Snapshot: Hashable, Sendable {
        let name: String
        /// Seconds since 1970.
        let time: Int64
    }

    let format: String
    /// Bytes that the guest sees.
    let virtualSize: Int64
    /// Bytes that the file takes on its disk.
    let actualSize: Int64?
    /// As the image names it, so mostly relative to the image; nil for one that stands alone.
    let backing: String?
    /// The file that has the image's data, when that is another one.
    let dataFile: String?
    /// Oldest first, as QEMU lists them.
    let snapshots: [Snapshot]

    /// Members that are not needed may hold anything: later versions have more of them.
    init(parsing output: String, image: String) throws(QemuImageError) {
        do throws(FormatError) {
            let cursor = JSONCursor(try JSONParser.parse(Array(output.utf8), limits: JSONLimits(byteCount: 4 << 20)))
            format = try cursor.required("format").name()
            virtualSize = try cursor.required("virtual-size").integer(in: 0 ... .max)
            actualSize = try cursor.optional("actual-size")?.integer(in: 0 ... .max)
            backing = try cursor.optional("backing-filename")?.name(limit: 4096)
            let specific = try cursor.optional("format-specific")?.optional("data")
            dataFile = try specific?.optional("data-file")?.name(limit: 4096)
            snapshots =
                try cursor.optional("snapshots")?.list(limit: 10_000) {
                    (entry) throws(FormatError) in
                    Snapshot(
                        name: try entry.required("name").string(), time: try entry.required("date-sec").integer())
                } ?? []
        } catch {
            throw .unreadable(image: image, reason: "\(error)")
        }
    }

    /// Refuses an image from outside that would lead QEMU to other files of this host.
    func requireAlone(image: String) throws(QemuImageError) {
        if let other = backing ?? dataFile { throw .dependent(image: image, on: other) }
    }
}

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

/// Why an image cannot be used.
enum QemuImageError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(image: String, kind: String, remedy: String)
    case dependent(image: String, on: String)
    /// `qemu-img info` did not print what it should.
    case unreadable(image: String, reason: String)

    var description: String {
        switch self {
        case .unusable(let image, let kind, let remedy):
            "the guest image \(printable(image)) is \(kind); expected qcow2 or raw: \(printable(remedy))"
        case .dependent(let image, let other):
            "the guest image \(printable(image)) is only what differs from \(printable(other)); expected a whole one: qemu-img convert -O qcow2 \(printable(image)) image.qcow2"
        case .unreadable(let image, let reason):
            "qemu-img tells nothing of use about \(printable(image)): \(reason)"
        }
    }
}
