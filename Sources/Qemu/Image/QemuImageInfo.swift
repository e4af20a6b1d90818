import BundleFormat
import Launching

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
