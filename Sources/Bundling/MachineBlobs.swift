import Archive
import Artefacts
import BuildPlan
import BundleFormat
import ClusterModel
import Unbundling
import Values

/// What one machine brings to a bundle: its open files, of which most are other machines' too, and a tar of its own ones.
struct MachineBlobs: Sendable {
    let machine: Machine
    /// In the order they are placed, cloud-init's documents first.
    let files: [DescribedFile]
    let configuration: MachineConfiguration
    let openFiles: [Blob]
    let ownFiles: Blob

    init(_ artefacts: MachineArtefacts, epoch: Int64, lock: Lock) throws(ArchiveError) {
        let plan = artefacts.plan
        machine = plan.machine
        configuration = MachineConfiguration(
            groups: plan.accounts.map { MachineGroup(name: $0.name, isSystem: true) },
            users: plan.accounts.map {
                MachineUser(name: $0.name, group: $0.name, home: $0.home, shell: $0.shell, isSystem: true)
            },
            directories: plan.directories.map {
                MachineDirectory(path: $0.path, mode: Permissions(bits: $0.mode), owner: $0.owner, group: $0.group)
            },
            payloads: plan.payloads.map { MachinePayload($0, lock: lock) },
            units: plan.units.map {
                MachineUnit(
                    name: $0.name, isEnabled: $0.enable, restartOn: $0.restartOn, startSeconds: $0.startSeconds)
            },
            checks: plan.checks.filter { $0.payloads.allSatisfy { lock[$0] != nil } }.map(\.check))
        var files: [DescribedFile] = []
        var openFiles: [Blob] = []
        var own: [(entry: OwnFiles.Entry, bytes: [UInt8])] = []
        for file in artefacts.seedDocuments + artefacts.files {
            let blob = file.plan.content.exposure == .open ? Blob(file.bytes, mediaType: MediaTypes.file) : nil
            let described = DescribedFile(file, blob?.descriptor)
            files.append(described)
            if let blob {
                openFiles.append(blob)
            } else {
                own.append((OwnFiles.Entry(described), file.bytes))
            }
        }
        (self.files, self.openFiles) = (files, openFiles)
        ownFiles = Blob(try OwnFiles.bytes(own, epoch: epoch), mediaType: MediaTypes.machineFiles)
    }
}

extension DescribedFile {
    /// - Parameter open: the blob of an open file.
    init(_ file: RenderedFile, _ open: Descriptor?) {
        let isUserData = file.plan.path == UserData.path && open == nil
        self.init(
            path: file.plan.path, permissions: Permissions(bits: file.plan.mode), owner: file.plan.owner,
            group: file.plan.group, exposure: file.plan.content.exposure, origin: file.plan.content.origin,
            digest: open?.digest, size: open?.size,
            frame: isUserData ? Values.Digest(hashing: UserData(file.bytes).frame) : nil)
    }
}
