import Foundation
import HostSystem
import TestSupport

/// A container image for tests: Debian's static busybox and nothing else, as an archive of docker's form.
///
/// The lab reaches no registry, so that the archive is handed to each worker's containerd.
package enum TestImage {
    package static let reference = "slipway.test/busybox:1"

    /// Hands the image to the machine's containerd, into the name space that the kubelet uses.
    package static func place(on machine: String, of lab: Lab) throws {
        let archive = "\(lab.directory)/image.tar"
        if !FileManager.default.fileExists(atPath: archive) { try make(at: archive, reference) }
        let load = ["ctr", "--namespace", "k8s.io", "images", "import", "-"]
        let result = try lab.run(
            [Repository.slipway.path, "exec", lab.name, machine, "--"] + load, input: .file(path: archive))
        guard result.status == 0 else { throw Lab.Failed(command: "ctr images import on \(machine)", result: result) }
    }

    /// The same image by another name, as an archive.
    package static func make(at path: String, _ reference: String) throws {
        let scratch = try Scratch()
        let packages = "\(Repository.image)/debs"
        let package = try FileManager.default.contentsOfDirectory(atPath: packages).first {
            $0.hasPrefix("busybox-static_")
        }
        guard let package else {
            throw ToolMissing(names: ["\(packages)/busybox-static_*.deb"], advice: "make lab-image")
        }
        let unpacked = try Child.run(["/usr/bin/env", "dpkg-deb", "-x", "\(packages)/\(package)", scratch.path])
        guard unpacked.status == 0 else { throw Lab.Failed(command: "dpkg-deb", said: unpacked.transcript) }
        let made = try Child.run(
            ["/usr/bin/env", "python3", "-", "\(scratch.path)/usr/bin/busybox", reference, path], input: program)
        guard made.status == 0 else { throw Lab.Failed(command: "making \(path)", said: made.transcript) }
    }

    /// The form is docker's image specification 1.2, which containerd imports.
    private static let program = """
        import hashlib, io, json, sys, tarfile

        binary, reference, path = sys.argv[1:]

        def add(archive, name, content=b"", **fields):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in fields.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(content))

        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            add(archive, "bin/busybox", open(binary, "rb").read(), mode=0o755)
            for name in ["sh", "httpd", "hostname", "wget", "nslookup", "cat", "sleep", "mkdir"]:
                add(archive, "bin/" + name, type=tarfile.SYMTYPE, linkname="busybox")
            add(archive, "tmp", type=tarfile.DIRTYPE, mode=0o1777)
        digest = hashlib.sha256(layer.getvalue()).hexdigest()
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
        }).encode()
        name = hashlib.sha256(config).hexdigest() + ".json"
        manifest = [{"Config": name, "RepoTags": [reference], "Layers": [digest + "/layer.tar"]}]
        with tarfile.open(path, "w") as archive:
            add(archive, name, config)
            add(archive, digest + "/layer.tar", layer.getvalue())
            add(archive, "manifest.json", json.dumps(manifest).encode())
        """
}
