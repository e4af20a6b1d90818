import Archive
import BundleFormat
import HostSystem
import Values

/// A machine's seed, unpacked for a provider that cannot attach an image.
enum SeedDirectory {
    /// Makes the directory hold what the image holds, and nothing else.
    ///
    /// The directory itself is kept, because a running machine has it mounted. `slipway/machine.json` comes last: whoever
    /// reads it finds everything it names.
    static func fill(_ directory: String, from image: [UInt8], subject: String) throws {
        let entries = try ISOReader.entries(in: image, subject: subject)
        try Files.makeDirectory(directory, mode: 0o700)
        for entry in entries where entry.content == nil { try Files.makeDirectory("\(directory)/\(entry.path)") }
        let manifest = "\(directory)/\(MachineManifest.path)"
        let files = entries.compactMap { entry in
            entry.content.map {
                FileBatch.Item(path: "\(directory)/\(entry.path)", bytes: $0, mode: entry.permissions.bits)
            }
        }
        try FileBatch.write(files.filter { $0.path != manifest })
        try FileBatch.write(files.filter { $0.path == manifest })
        let wanted = Set(entries.map(\.path))
        for path in Files.files(below: directory) where !wanted.contains(path) {
            try Files.remove("\(directory)/\(path)")
        }
    }
}
