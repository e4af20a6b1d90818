import Archive
public import Artefacts
public import BuildPlan
public import BundleFormat
import ClusterModel
import HostSystem
public import SystemPackage
import Values

/// Renders a plan and writes it as one bundle.
///
/// Machines are rendered side by side and written in the order of the topology, so that the bytes do not depend on the
/// number of threads, and memory not on the number of machines' seeds.
public struct BundleWriter: Sendable {
    private let plan: ClusterPlan
    private let renderer: Renderer
    private let authorities: Authorities
    private let lock: Lock
    private let templates: TemplateSources

    public init(
        plan: ClusterPlan, templates: TemplateSources, authorities: Authorities, lock: Lock
    ) throws(TemplateError) {
        self.plan = plan
        self.templates = templates
        self.authorities = authorities
        self.lock = lock
        renderer = Renderer(plan: plan, templates: try TemplateLibrary(texts: templates.texts))
    }

    /// Writes `NAME-DIGEST.tar` into a directory: beside it first, then renamed, so that a reader never sees half a bundle.
    ///
    /// - Parameter threads: how many machines are rendered at a time; the bytes are the same for every number.
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError`` from rendering, ``ArchiveError`` from writing.
    public func write(to directory: FilePath, threads: Int) async throws -> BundleSummary {
        // It holds private keys, so nobody else may read it.
        let file = try AtomicFile.create(in: directory, permissions: 0o600)
        let cluster = plan.cluster
        let epoch = cluster.epoch.secondsSince1970
        var writer = try BlobWriter.create(on: file.descriptor, subject: directory.string, epoch: epoch)

        var machines: [DescribedMachine] = []
        var (openLayers, secretLayers): ([Descriptor], [Descriptor]) = ([], [])
        for try await blobs in OrderedMap.map(plan.machines, width: threads, transform: { try assemble($0) }) {
            try writer.append(blobs.openFiles)
            try writer.append(blobs.seed)
            openLayers.append(blobs.openFiles.descriptor)
            secretLayers.append(blobs.seed.descriptor)
            machines.append(blobs.described)
        }

        let documents = PublicDocuments(plan: plan, lock: lock, templates: templates, machines: machines)
        for document in documents.layers {
            try writer.append(document)
            openLayers.append(document.descriptor)
        }
        let operatorFiles = try operatorTar(epoch: epoch)
        try writer.append(operatorFiles)
        secretLayers.append(operatorFiles.descriptor)

        let publicPart = try part("public", documents.description, openLayers, MediaTypes.publicPart, &writer)
        let empty = Blob([UInt8]("{}".utf8), mediaType: MediaTypes.emptyConfig)
        let secretPart = try part("secret", empty, secretLayers, MediaTypes.secretPart, &writer)
        let parts = Index(manifests: [publicPart, secretPart], annotations: [AnnotationKeys.cluster: cluster.name])
        let bundle = Blob(
            parts.encoded, mediaType: MediaTypes.index, annotations: [AnnotationKeys.referenceName: cluster.name])
        try writer.append(bundle)
        try writer.finish(Index(manifests: [bundle.descriptor]))

        let digest = bundle.descriptor.digest
        let name = "\(cluster.name)-\(digest.hex.prefix(12)).tar"
        let size = try file.descriptor.seek(offset: 0, from: .end)
        try file.commit(as: name)
        return BundleSummary(
            path: directory.appending(name).string, publicDigest: publicPart.digest, bundleDigest: digest, size: size,
            machineCount: machines.count,
            unpinnedPayloads: plan.payloads.map(\.name).filter { lock[$0] == nil },
            unlistedArchives: plan.unlistedArchives(lock))
    }

    private func assemble(_ machine: MachinePlan) throws -> MachineBlobs {
        let artefacts = try renderer.render(machine, from: authorities)
        return try MachineBlobs(artefacts, cluster: plan.cluster, lock: lock)
    }

    private func operatorTar(epoch: Int64) throws -> Blob {
        let entries = try renderer.renderOperatorFiles(from: authorities).map { file in
            try ArchiveEntry.file(
                file.plan.path, file.bytes, permissions: Permissions(bits: file.plan.mode), modified: epoch)
        }
        return Blob(
            try TarWriter.bytes(of: entries.sorted { $0.path < $1.path }), mediaType: MediaTypes.operatorFiles,
            annotations: [AnnotationKeys.title: "operator.tar"])
    }

    private func part(
        _ name: String, _ config: Blob, _ layers: [Descriptor], _ type: String, _ writer: inout BlobWriter
    ) throws(ArchiveError) -> Descriptor {
        let manifest = Manifest(
            artifactType: type, config: config.descriptor, layers: layers,
            annotations: [AnnotationKeys.cluster: plan.cluster.name, AnnotationKeys.part: name])
        let blob = Blob(
            manifest.json, mediaType: MediaTypes.manifest, annotations: [AnnotationKeys.part: name])
        try writer.append(config)
        try writer.append(blob)
        return blob.descriptor
    }
}
