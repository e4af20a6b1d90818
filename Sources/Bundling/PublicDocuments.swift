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
            name: cluster.name, epoch: cluster.epoch, kubernetesVersion: cluster.kubernetes.version,
            api: APIEndpoint(address: cluster.apiEndpoint.address), login: cluster.login,
            toolVersion: Release.version, machines: machines,
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
            cluster: cluster.name, architecture: cluster.guest.architecture,
            sharesKernel: cluster.guest.sharesKernel, subnet: cluster.network.subnet,
            gateway: cluster.network.gateway,
            boot: cluster.guest.boot.map { DirectBoot(kernel: $0.kernel, initrd: $0.initrd, arguments: $0.arguments) },
            machines: cluster.machines.map { machine in
                LaunchDefinition(
                    name: machine.name, role: machine.role, uuid: machine.uuid, mac: machine.mac,
                    address: machine.address, cpus: Int64(machine.size.cpus),
                    memory: machine.size.memory, disk: machine.size.disk,
                    image: cluster.guest.image,
                    forwardMAC: cluster.guest.sharesKernel ? nil : machine.forwardMAC)
            })
    }
}
