import BundleFormat
import Values

/// A file as it should be, and where its content comes from.
struct DesiredFile {
    let path: String
    let content: Digest
    let mode: Permissions
    let owner: String
    let group: String
    let origin: RecordedEntry.Origin?
    /// The seed or the depot.
    let source: RootDirectory
    /// Absolute below `source`.
    let sourcePath: String

    func entry() -> RecordedEntry {
        RecordedEntry(path: path, content: content, mode: mode, owner: owner, group: group, origin: origin)
    }
}

extension DesiredFile {
    init(_ file: MachineFile, seed: Seed) {
        self.init(
            path: file.path, content: file.digest, mode: file.mode, owner: file.owner, group: file.group, origin: nil,
            source: seed.directory, sourcePath: "/" + file.source)
    }

    /// Payloads belong to root: no service may change its own program.
    init(
        payload: String, digest: Digest, path: String, content: Digest, mode: Permissions, depot: Depot,
        sourcePath: String
    ) {
        self.init(
            path: path, content: content, mode: mode, owner: "root", group: "root",
            origin: RecordedEntry.Origin(payload: payload, digest: digest), source: depot.directory,
            sourcePath: "/" + sourcePath)
    }
}
