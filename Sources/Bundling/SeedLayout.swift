import Archive
import Artefacts
import BuildPlan
import BundleFormat
import Values

/// How a machine's artefacts lie in its seed:
///
///     user-data  meta-data  network-config      for cloud-init
///     slipway/machine.json                      for slipway-apply
///     slipway/files/etc/etcd/etcd.conf.yml      every file, by its path on the machine
struct SeedLayout {
    static let label = "cidata"
    static let filesDirectory = "slipway/files"

    let artefacts: MachineArtefacts
    let manifest: MachineManifest
    let epoch: Int64

    /// All entries of the image; files that only root may read are marked so even here.
    func entries() throws(ArchiveError) -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = []
        for document in artefacts.seedDocuments {
            entries.append(try entry(document.plan.path, document.bytes, document.plan.content.exposure))
        }
        entries.append(try entry(MachineManifest.path, CanonicalJSON.encode(manifest.json), .derived))
        for file in artefacts.files {
            entries.append(try entry(Self.filesDirectory + file.plan.path, file.bytes, file.plan.content.exposure))
        }
        return entries
    }

    private func entry(_ path: String, _ bytes: [UInt8], _ exposure: Exposure) throws(ArchiveError) -> ArchiveEntry {
        try .file(path, bytes, permissions: exposure == .secret ? 0o600 : 0o644, modified: epoch)
    }
}
