import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// Payloads that are no files to be placed: packages, and an image of a registry. Behind the other tests, on the same machines.
extension LabTests {
    @Test(
        "HAProxy and what workers need come from the closures that slipway lock pinned, and nothing of installing them is left"
    )
    func packages() throws {
        let lock = try String(contentsOfFile: "\(Repository.image)/lab.lock", encoding: .utf8)
        #expect(lock.contains("packages: debian-13/amd64 haproxy\n"))
        let wanted = ["haproxy": ["haproxy"], "worker-1": ["conntrack", "ethtool", "ipset", "iptables", "socat"]]
        for (machine, names) in wanted {
            for name in names {
                let found = try lab.inside(
                    machine, "dpkg-query", "--show", "--showformat=${Version}_${Architecture}", name)
                let file = "\(name)_\(found.output.replacing(":", with: "%3a")).deb"
                #expect(
                    lock.contains("      \(file): {") || lock.contains("      \"\(file)\": {"), "\(machine): \(file)")
            }
            let audit = try lab.inside(machine, "dpkg", "--audit")
            #expect(audit.status == 0 && audit.output.isEmpty, "\(audit)")
            #expect(try lab.inside(machine, "test", "-e", "/usr/sbin/policy-rc.d").status == 1)
        }
        // The tree that all machines share has neither.
        let tree = try String(contentsOfFile: "\(Repository.image)/base/var/lib/dpkg/status", encoding: .utf8)
        #expect(!tree.contains("Package: haproxy\n") && !tree.contains("Package: ipset\n"))
    }

    @Test(
        "an image of a registry: pinned by tag, fetched by digest, imported into each worker's containerd, and it runs",
        .needs(missing: RegistryServer.missing))
    func imageOfARegistry() throws {
        let scratch = try Scratch()
        let reference = "registry.k8s.io/pause:3.10"
        let registry = try RegistryServer.debian(scratch)
        try TestImage.make(at: scratch.file("image.tar"), reference)
        let pushed = try registry.push("docker-archive:\(scratch.file("image.tar"))", as: "pause:3.10")
        #expect(pushed.status == 0, "\(pushed.transcript)")
        try scratch.write(
            "slipway/registries.yaml",
            "mirrors: { registry.k8s.io: { endpoint: [\"http://\(registry.host)\"] } }\n")
        // Beside the lab's own, whose lock names files relative to itself.
        let topology = "\(Repository.image)/images.yaml"
        for suffix in ["yaml", "lock"] {
            let copy = "\(Repository.image)/images.\(suffix)"
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: "\(Repository.image)/\(lab.name).\(suffix)", toPath: copy)
        }
        for command in [["lock", topology, "image-pause"], ["fetch", topology]] {
            let result = try lab.run(
                ["env", "XDG_CONFIG_HOME=\(scratch.path)", Repository.slipway.path] + command)
            #expect(result.status == 0, "\(command): \(result)")
        }
        let lock = try String(contentsOfFile: "\(Repository.image)/images.lock", encoding: .utf8)
        #expect(lock.contains("image: \(reference)\n") && lock.contains("      blobs/sha256/"))

        let bundle = "\(lab.directory)/images.tar"
        try Bundles.build(in: lab, topology: topology, to: bundle)
        try lab.slipway("up", bundle, "--wait", limit: 180)
        for worker in ["worker-1", "worker-2", "worker-3"] {
            let images = try lab.inside(worker, "ctr", "--namespace", "k8s.io", "images", "ls", "-q")
            #expect(images.output.split(separator: "\n").contains { $0 == reference }, "\(worker): \(images)")
        }
        let log = try lab.slipway("logs", "lab", "worker-1", "--unit", "slipway-apply")
        #expect(log.contains("imported image-pause"), "\(log)")
        let ran = try lab.inside(
            "worker-1", "ctr", "--namespace", "k8s.io", "run", "--rm", "--cpu-shares", "0", reference, "registry", "sh",
            "-c", "echo from a registry")
        #expect(ran.output == "from a registry\n", "\(ran)")
        try lab.slipway("up", lab.bundle, "--wait", limit: 180)
    }
}
