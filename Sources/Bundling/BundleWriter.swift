import Archive
public import Artefacts
public import BuildPlan
public import BundleFormat
import ClusterModel
import Diagnostics
import HostSystem
public import SystemPackage
import Unbundling
public import Values

/// What a finished bundle is called.
public struct BundleSummary: Sendable {
    /// Where it lies: `ha-1234….tar`. Beside it `ha.tar` is a link to the bundle that was built last.
    public let path: String
    /// Digest of the part that does not depend on the secrets file: the public manifest's.
    public let publicDigest: Values.Digest
    /// Digest of the whole: the nested index's.
    public let bundleDigest: Values.Digest
    /// Bytes of the file.
    public let size: Int64
    public let machineCount: Int
    /// Names of payloads that the lock file does not pin.
    public let unpinnedPayloads: [String]
    /// Names of archives that it pins without the digests of the files that machines place.
    public let unlistedArchives: [String]
}

/// Renders a plan and writes it as one bundle.
///
/// Machines are rendered side by side and written in the order of the topology, so that the bytes do not depend on the
/// number of threads, and memory not on the number of machines' files.
public struct BundleWriter: Sendable {
    let plan: ClusterPlan
    let renderer: Renderer
    let authorities: Authorities
    let lock: Lock
    private let inputs: BuildInputs
    private let templates: TemplateSources

    public init(
        plan: ClusterPlan, templates: TemplateSources, authorities: Authorities, lock: Lock,
        inputs: BuildInputs
    ) throws(TemplateError) {
        self.plan = plan
        self.templates = templates
        self.authorities = authorities
        self.lock = lock
        self.inputs = inputs
        renderer = Renderer(plan: plan, templates: try TemplateLibrary(texts: templates.texts))
    }

    /// Writes `NAME-DIGEST.tar` into a directory: beside it first, then renamed, so that a reader never sees half a bundle.
    ///
    /// - Parameter threads: how many machines are rendered at a time; the bytes are the same for every number.
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError`` from rendering, ``ArchiveError`` from writing.
    public func write(to directory: FilePath, threads: Int) async throws -> BundleSummary {
        // It holds private keys, so nobody else may read it.
        let file = try AtomicFile.create(in: directory, permissions: 0o600)
        let link = directory.appending(ImageLayout.fixedFileName(cluster: plan.cluster.name)).string
        try Files<ArchiveError>.checkLink(link)
        let epoch = plan.cluster.epoch.secondsSince1970
        var writer = try BlobWriter.create(on: file.descriptor, subject: directory.string, epoch: epoch)

        var machines = RenderedMachines()
        for try await (blobs, _) in render(threads: threads) {
            for file in blobs.openFiles { try writer.append(file) }
            try writer.append(blobs.ownFiles)
            machines.append(blobs)
        }
        let documents = try documents(machines)
        for blob in documents.inOrder { try writer.append(blob) }
        let index = documents.index.descriptor
        try writer.finish(documents.layout.topIndex(of: (index.digest, index.size)))

        let digest = index.digest
        let name = ImageLayout.fileName(cluster: plan.cluster.name, digest: digest)
        let size = try file.descriptor.seek(offset: 0, from: .end)
        try file.commit(as: name)
        try Files<ArchiveError>.replaceLink(link, target: name)
        return BundleSummary(
            path: directory.appending(name).string, publicDigest: documents.publicPart.descriptor.digest,
            bundleDigest: digest, size: size, machineCount: plan.machines.count,
            unpinnedPayloads: plan.payloads.map(\.name).filter { lock[$0] == nil },
            unlistedArchives: plan.unlistedArchives(lock))
    }

    /// Every machine in the order of the topology: as blobs, and as what they are made of.
    func render(threads: Int) -> AsyncThrowingStream<(blobs: MachineBlobs, artefacts: MachineArtefacts), any Error> {
        let epoch = plan.cluster.epoch.secondsSince1970
        return OrderedMap.map(Array(plan.machines.indices), width: threads) { index in
            let artefacts = try renderer.render(plan.machines[index], from: authorities)
            return (try MachineBlobs(artefacts, epoch: epoch, lock: lock), artefacts)
        }
    }

    /// The documents that follow when all machines are rendered.
    func documents(_ rendered: RenderedMachines) throws -> BundleDocuments {
        let (machines, epoch) = (rendered.machines, plan.cluster.epoch.secondsSince1970)
        let launchPlan = launchPlan
        try launchPlan.checkConsistency()
        let launch = Blob(launchPlan.json, mediaType: MediaTypes.launch)
        let (operatorFiles, operatorEntries) = try operatorTar(epoch: epoch)
        let operatorLayer = (digest: operatorFiles.descriptor.digest, size: operatorFiles.descriptor.size)
        let description = describe(machines, rendered.tables, launch.descriptor, operatorEntries)
        try description.checkConsistency()
        let layout = BundleLayout(description: description)
        let config = Blob(description.json, mediaType: MediaTypes.description, capacity: 4096 + machines.count * 3000)
        let publicPart = Blob(try layout.publicManifest(config: config.descriptor).json, mediaType: MediaTypes.manifest)
        let secretPart = Blob(
            layout.secretManifest(layers: rendered.secretLayers + [operatorLayer]).json, mediaType: MediaTypes.manifest)
        let empty = Blob(BundleLayout.emptyConfigBytes, mediaType: MediaTypes.emptyConfig)
        let index = Blob(
            layout.index(
                publicPart: (publicPart.descriptor.digest, publicPart.descriptor.size),
                secretPart: (secretPart.descriptor.digest, secretPart.descriptor.size)
            ).encoded, mediaType: MediaTypes.index)
        let documents = layout.documents(about: config.descriptor.digest)
            .map { Blob($0.bytes, mediaType: $0.mediaType) }
        return BundleDocuments(
            layout: layout, publicPart: publicPart, index: index,
            inOrder: [launch, operatorFiles, config] + documents + [publicPart, empty, secretPart, index])
    }

    private func operatorTar(epoch: Int64) throws -> (Blob, [DescribedOperatorFile]) {
        let files = try renderer.renderOperatorFiles(from: authorities).sorted { $0.plan.path < $1.plan.path }
        let described = files.map {
            DescribedOperatorFile(
                path: $0.plan.path, permissions: Permissions(bits: $0.plan.mode), exposure: $0.plan.content.exposure,
                origin: $0.plan.content.origin)
        }
        let tar = try OwnFiles.bytes(
            zip(described, files).map { (OwnFiles.Entry($0), $1.bytes) }, epoch: epoch)
        return (Blob(tar, mediaType: MediaTypes.operatorFiles), described)
    }

    private func describe(
        _ machines: [DescribedMachine], _ tables: DescriptionTables, _ launch: Descriptor,
        _ operatorFiles: [DescribedOperatorFile]
    ) -> BundleDescription {
        let cluster = plan.cluster
        return BundleDescription(
            name: cluster.name, epoch: cluster.epoch, kubernetesVersion: cluster.kubernetes.version,
            api: APIEndpoint(address: cluster.apiAddress, port: ClusterConventions.apiPort),
            login: cluster.login,
            toolVersion: Release.version, inputs: inputs,
            architecture: cluster.guest.architecture,
            launch: DescribedDocument(digest: launch.digest, size: launch.size), tables: tables,
            machines: machines, operatorFiles: operatorFiles,
            payloads: plan.payloads.map { DescribedPayload($0, lock: lock) },
            templates: templates.digests)
    }

    private var launchPlan: LaunchPlan {
        let cluster = plan.cluster
        return LaunchPlan(
            cluster: cluster.name, architecture: cluster.guest.architecture, sharesKernel: cluster.guest.sharesKernel,
            subnet: cluster.network.subnet, gateway: cluster.network.gateway,
            boot: cluster.guest.boot.map { DirectBoot(kernel: $0.kernel, initrd: $0.initrd, arguments: $0.arguments) },
            machines: cluster.machines.map { machine in
                LaunchDefinition(
                    name: machine.name, role: machine.role, uuid: machine.uuid, mac: machine.mac,
                    address: machine.address, cpus: Int64(machine.size.cpus), memory: machine.size.memory,
                    disk: machine.size.disk, image: cluster.guest.image,
                    forwardMAC: cluster.guest.sharesKernel ? nil : machine.forwardMAC)
            })
    }
}

/// What is kept of machines that have been rendered.
struct RenderedMachines {
    fileprivate var tables = DescriptionTables()
    fileprivate var machines: [DescribedMachine] = []
    fileprivate var secretLayers: [(digest: Values.Digest, size: Int64)] = []

    mutating func append(_ blobs: MachineBlobs) {
        secretLayers.append((blobs.ownFiles.descriptor.digest, blobs.ownFiles.descriptor.size))
        machines.append(DescribedMachine(blobs, in: &tables))
    }
}

/// A bundle's documents and the operator's files: what stands behind the machines' files.
struct BundleDocuments {
    let layout: BundleLayout
    let publicPart: Blob
    let index: Blob
    let inOrder: [Blob]
}

extension DescribedMachine {
    fileprivate init(_ blobs: MachineBlobs, in tables: inout DescriptionTables) {
        let machine = blobs.machine
        self.init(
            name: machine.name, role: machine.role, address: machine.address, mac: machine.mac,
            line: Int64(machine.position.line), files: blobs.files.map { tables.number(of: $0) },
            configuration: tables.number(of: blobs.configuration))
    }
}

/// The template files as they were read, with their digests for the description.
public struct TemplateSources: Sendable {
    /// Text by path below the templates directory.
    public let texts: [String: String]
    /// The files and directories that were read; none for what is inside this program.
    public let paths: [String]

    /// What explains templates to people (`.md`) is left out: it is in no bundle.
    public init(texts: [String: String], paths: [String] = []) {
        self.texts = texts.filter { !$0.key.hasSuffix(".md") }
        self.paths = paths.filter { !$0.hasSuffix(".md") }
    }

    /// The digest of each template, sorted by path.
    var digests: [(path: String, digest: Values.Digest)] {
        texts.map { ($0.key, Values.Digest(hashing: Array($0.value.utf8))) }.sorted { $0.path < $1.path }
    }
}

/// The release of Slipway itself. No build time and no commit: they would change a bundle that is otherwise the same.
public enum Release {
    public static let version = "0.1.0"
}
