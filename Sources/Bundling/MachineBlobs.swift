import Archive
import Artefacts
import BuildPlan
import BundleFormat
import ClusterModel
import Diagnostics
import Values

/// The two blobs of one machine, its open files and its seed, and its entry in the description.
struct MachineBlobs: Sendable {
    let described: DescribedMachine
    let openFiles: Blob
    let seed: Blob

    init(_ artefacts: MachineArtefacts, cluster: Cluster, lock: Lock) throws {
        let machine = artefacts.plan.machine
        let epoch = cluster.epoch.secondsSince1970
        let manifest = MachineManifest(artefacts, cluster: cluster, lock: lock)
        try manifest.checkConsistency()
        let layout = SeedLayout(artefacts: artefacts, manifest: manifest, epoch: epoch)
        let image = try SeedISO.image(label: SeedLayout.label, entries: layout.entries(), epoch: epoch)
        seed = Blob(
            image, mediaType: MediaTypes.seed,
            annotations: [AnnotationKeys.title: "\(machine.name).iso", AnnotationKeys.machine: machine.name])
        openFiles = Blob(
            try Self.openTar(artefacts, epoch: epoch), mediaType: MediaTypes.files,
            annotations: [AnnotationKeys.title: "\(machine.name).tar", AnnotationKeys.machine: machine.name])
        let digests = Dictionary(manifest.files.map { ($0.path, $0.digest) }) { first, _ in first }
        described = DescribedMachine(
            name: machine.name, role: machine.role, address: machine.address, mac: machine.mac,
            line: Int64(machine.position.line),
            files: artefacts.seedDocuments.map { DescribedFile($0, digest: nil) }
                + artefacts.files.map { DescribedFile($0, digest: digests[$0.plan.path]) },
            units: artefacts.plan.units.map(\.name))
    }

    /// Open files only: `files/etc/…` as on the machine, `seed/…` as at the seed's root.
    private static func openTar(_ artefacts: MachineArtefacts, epoch: Int64) throws(ArchiveError) -> [UInt8] {
        var entries: [ArchiveEntry] = []
        for file in artefacts.files where file.plan.content.exposure == .open {
            entries.append(
                try .file(
                    "files" + file.plan.path, file.bytes, permissions: Permissions(bits: file.plan.mode),
                    modified: epoch))
        }
        for document in artefacts.seedDocuments where document.plan.content.exposure == .open {
            entries.append(try .file("seed/" + document.plan.path, document.bytes, modified: epoch))
        }
        return try TarWriter.bytes(of: entries.sorted { $0.path < $1.path })
    }
}

extension DescribedFile {
    /// - Parameter digest: the file's digest where it is already known.
    init(_ file: RenderedFile, digest: Values.Digest?) {
        let isOpen = file.plan.content.exposure == .open
        self.init(
            path: file.plan.path, permissions: Permissions(bits: file.plan.mode), owner: file.plan.owner,
            group: file.plan.group, exposure: file.plan.content.exposure, origin: file.plan.content.origin,
            digest: isOpen ? digest ?? Values.Digest(hashing: file.bytes) : nil,
            size: isOpen ? Int64(file.bytes.count) : nil)
    }
}
