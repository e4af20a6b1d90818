import BuildPlan
import BundleFormat
import ClusterModel
import Values

/// The documents of the public part: description, launch definitions, bill of materials.
struct PublicDocuments {
    let plan: ClusterPlan
    let lock: Lock
    let templates: TemplateSources
    let machines: [DescribedMachine]

    /// The config of the public manifest.
    var description: Blob {
        let cluster = plan.cluster
        let document = BundleDescription(
            name: cluster.name, epoch: cluster.epoch.description,
            kubernetesVersion: cluster.kubernetes.version.description,
            apiURL: cluster.apiURL, login: cluster.login, toolVersion: Release.version, machines: machines,
            payloads: plan.payloads.map { DescribedPayload($0, lock: lock) }, templates: templates.digests)
        return Blob(document.json, mediaType: MediaTypes.description)
    }

    /// The layers behind the machines' own.
    var layers: [Blob] {
        [
            Blob(launchPlan.json, mediaType: MediaTypes.launch, annotations: [AnnotationKeys.title: "launch.json"]),
            Blob(
                BillOfMaterials(plan: plan, lock: lock).json, mediaType: MediaTypes.billOfMaterials,
                annotations: [AnnotationKeys.title: "sbom.spdx.json"]),
        ]
    }

    private var launchPlan: LaunchPlan {
        let cluster = plan.cluster
        return LaunchPlan(
            cluster: cluster.name, architecture: cluster.guest.architecture.rawValue,
            sharesKernel: cluster.guest.sharesKernel, subnet: cluster.network.subnet.description,
            gateway: cluster.network.gateway.description,
            boot: cluster.guest.boot.map { DirectBoot(kernel: $0.kernel, initrd: $0.initrd, arguments: $0.arguments) },
            machines: cluster.machines.map { machine in
                LaunchDefinition(
                    name: machine.name, role: machine.role.rawValue, uuid: machine.uuid.description,
                    mac: machine.mac.description, address: machine.address.description, cpus: Int64(machine.size.cpus),
                    memory: Int64(machine.size.memory.mebibytes), disk: Int64(machine.size.disk.mebibytes),
                    image: cluster.guest.image, seed: "\(machine.name).iso",
                    forwardMAC: cluster.guest.sharesKernel ? nil : machine.forwardMAC?.description)
            })
    }
}
