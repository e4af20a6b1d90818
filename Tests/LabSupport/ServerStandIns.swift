import Foundation
import HostSystem
import TestSupport

/// What Debian does not have, as stand-ins: payloads of the right names that do what is needed to see how well machines are.
package enum ServerStandIns {
    static let servers = [
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
    ]

    /// The lab's bundle with stand-ins for Kubernetes' servers, Vault and images, and they in the lab's store.
    package static func bundle(in lab: Lab) throws -> String {
        let payloads = "\(lab.directory)/stand-ins"
        try FileManager.default.createDirectory(atPath: payloads, withIntermediateDirectories: true)
        let program = Repository.root.appendingPathComponent("Tests/LabSupport/StandIns/kubernetes")
        for name in servers {
            try FileManager.default.copyItem(atPath: program.path, toPath: "\(payloads)/\(name)")
        }
        let vault = Repository.root.appendingPathComponent("Tests/InteropTests/Fixtures/vault-stand-in.py")
        let packed = try Child.run(
            ["/usr/bin/env", "python3", "-", vault.path, "\(payloads)/vault.zip"], input: packing)
        guard packed.status == 0 else { throw Lab.Failed(command: "making vault.zip", said: packed.transcript) }
        let images = [
            "image-pause": "registry.k8s.io/pause:3.10", "image-coredns": "registry.k8s.io/coredns/coredns:v1.11.3",
        ]
        for (name, reference) in images { try TestImage.make(at: "\(payloads)/\(name).tar", reference) }

        // Beside the lab's own, whose lock names files relative to itself.
        let topology = "\(Repository.image)/stand-ins.yaml"
        for suffix in ["yaml", "lock"] {
            let copy = "\(Repository.image)/stand-ins.\(suffix)"
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: "\(Repository.image)/\(lab.name).\(suffix)", toPath: copy)
        }
        let names = servers + ["vault"] + images.keys.sorted()
        let lock = [Repository.slipway.path, "lock", topology] + names + ["--from", payloads]
        let locked = try lab.run(lock)
        guard locked.status == 0 else { throw Lab.Failed(command: "slipway lock", result: locked) }
        try lab.slipway("fetch", topology)
        let bundle = "\(lab.directory)/stand-ins.tar"
        try Bundles.build(in: lab, topology: topology, to: bundle)
        return bundle
    }

    private static let packing = """
        import sys, zipfile

        program, path = sys.argv[1:]
        with zipfile.ZipFile(path, "w") as archive:
            member = zipfile.ZipInfo("vault")
            member.external_attr = 0o100755 << 16
            archive.writestr(member, open(program, "rb").read())
        """
}
