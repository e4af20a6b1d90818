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
