import Archive
import Artefacts
import BuildPlan
import BundleFormat
import ClusterModel
import Values

extension MachineManifest {
    /// What the applier is told to do: the plan with the digests of what was rendered.
    init(_ artefacts: MachineArtefacts, cluster: Cluster, lock: Lock) {
        let plan = artefacts.plan
        self.init(
            cluster: cluster.name, machine: plan.machine.name, role: plan.machine.role,
            architecture: cluster.guest.architecture,
            groups: plan.accounts.map { MachineGroup(name: $0.name, isSystem: true) },
            users: plan.accounts.map {
                MachineUser(name: $0.name, group: $0.name, home: $0.home, shell: $0.shell, isSystem: true)
            },
            directories: plan.directories.map {
                MachineDirectory(path: $0.path, mode: Permissions(bits: $0.mode), owner: $0.owner, group: $0.group)
            },
            files: artefacts.files.map(MachineFile.init),
            payloads: plan.payloads.map { MachinePayload($0, lock: lock) },
            units: plan.units.map {
                MachineUnit(name: $0.name, isEnabled: $0.enable, isStarted: true, restartOn: $0.restartOn)
            })
    }
}

extension MachineFile {
    init(_ file: RenderedFile) {
        self.init(
            path: file.plan.path, source: SeedLayout.filesDirectory + file.plan.path,
            digest: Values.Digest(hashing: file.bytes), size: Int64(file.bytes.count),
            mode: Permissions(bits: file.plan.mode), owner: file.plan.owner, group: file.plan.group,
            isSecret: file.plan.content.exposure == .secret)
    }
}
