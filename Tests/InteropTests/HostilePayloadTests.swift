import Foundation
import TestSupport
import Testing

/// Payloads that somebody exchanged for others of the same size: in a bundle, in the store, in a depot that was made before. The
/// program refuses them before it makes anything.
@Suite(.needs(.python))
struct HostilePayloadTests {
    /// A topology whose lock pins an applier, an archive and a disk, its bundle, and a store that has all three.
    private final class Sample {
        let directory: Scratch
        let bundle: String
        var path: String { directory.url.path }
        var state: String { path + "/state" }
        var store: String { path + "/store" }

        static let applier = "#!/bin/sh\necho good\n"
        /// With the mark of a GUID partition table, so that it may be a disk.
        static let disk = String(repeating: " ", count: 512) + "EFI PART, a disk of nineteen\n"
        static let etcd = "#!/bin/sh\necho etcd\n"

        init(members: Bool = true) throws {
            directory = try Scratch()
            let topology = try String(contentsOf: Repository.topology("simple"), encoding: .utf8)
            try directory.write(topology + "\nversions: { etcd: 3.5.16 }\n", to: "t.yaml")
            try directory.write(Self.applier, to: "applier")
            try directory.write(Self.disk, to: "disk")
            let path = directory.url.path
            let tree = "\(path)/etcd-v3.5.16-linux-arm64"
            try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
            for name in ["etcd", "etcdctl", "etcdutl"] {
                try directory.write(name == "etcd" ? Self.etcd : name, to: "etcd-v3.5.16-linux-arm64/\(name)")
                // What upstream never does: whatever mode an archive gives, nothing is placed with it.
                try FileManager.default.setAttributes([.posixPermissions: 0o6755], ofItemAtPath: "\(tree)/\(name)")
            }
            let packed = try Tool.tar.run(["-czf", "\(path)/etcd.tgz", "-C", path, "etcd-v3.5.16-linux-arm64"])
            #expect(packed.status == 0, "\(packed.transcript)")
            let topologyFile = "\(path)/t.yaml"
            let names = ["slipway-apply": "applier", "etcd": "etcd.tgz", "image-ubuntu-24.04-arm64": "disk"]
            try Slipway.output(
                ["lock", topologyFile] + names.keys.sorted()
                    + names.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\(path)/\($0.value)"] }
                    + ["--store", "\(path)/store"])
            if !members {
                let lock = try String(contentsOfFile: "\(path)/t.lock", encoding: .utf8)
                let old = lock.split(separator: "\n", omittingEmptySubsequences: false).filter {
                    !$0.contains("members:") && !$0.contains("{ mode:")
                }
                try directory.write(old.joined(separator: "\n"), to: "t.lock")
            }
            try Slipway.output(["secrets", "new", "\(path)/secret"])
            let built = try Slipway.output([
                "bundle", topologyFile, "--secrets", "\(path)/secret", "--templates", Repository.templates.path,
                "--out", "\(path)/out", "--format", "json",
            ])
            let result = try JSONSerialization.jsonObject(with: Data(built.utf8)) as? [String: Any]
            bundle = try #require(result?["path"] as? String)
        }

        /// The store's file with this content.
        func blob(_ content: String) throws -> String {
            let blobs = "\(store)/blobs/sha256"
            let names = try FileManager.default.contentsOfDirectory(atPath: blobs)
            let name = names.first { FileManager.default.contents(atPath: "\(blobs)/\($0)") == Data(content.utf8) }
            return "\(blobs)/\(try #require(name))"
        }

        /// Replaces a file by another of the same size, as an attacker would: its mode is no obstacle.
        func exchange(_ file: String) throws {
            let size = try #require(FileManager.default.contents(atPath: file)).count
            try FileManager.default.removeItem(atPath: file)
            try Data(repeating: UInt8(ascii: "!"), count: size).write(to: URL(fileURLWithPath: file))
        }

        /// A copy of the bundle that holds payloads itself; their content is what `change` makes of it.
        func full(_ name: String, of contents: [String], _ change: (String) -> String = { $0 }) throws -> String {
            let file = "\(path)/\(name).tar"
            var arguments = [bundle, file]
            for content in contents {
                arguments += [URL(fileURLWithPath: try blob(content)).lastPathComponent, change(content)]
            }
            let script = """
                import copy, io, sys, tarfile
                source, target, *blobs = sys.argv[1:]
                with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as new:
                    members = old.getmembers()
                    files = [(member, old.extractfile(member).read()) for member in members]
                    pattern = next(member for member, _ in files if member.name.startswith("blobs/"))
                    for name, content in zip(blobs[::2], blobs[1::2]):
                        member = copy.copy(pattern)
                        member.name, member.size = "blobs/sha256/" + name, len(content)
                        files.insert(len(files) - 1, (member, content.encode()))
                    for member, content in files:
                        new.addfile(member, io.BytesIO(content))
                """
            let made = try Tool.python.run(["-c", script] + arguments)
            #expect(made.status == 0, "\(made.transcript)")
            return file
        }

        func run(_ arguments: [String], store: String? = nil) throws -> Child.Outcome {
            try Slipway.run(
                arguments + ["--store", store ?? self.store],
                environment: ["SLIPWAY_STATE": state])
        }

        /// Every command that would place it refuses and leaves nothing behind.
        func expectRefusal(
            _ bundle: String, _ words: String, store: String? = nil, isDisk: Bool = false, depot: String? = nil,
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            var commands = [
                ["up", bundle, "--provider", "qemu", "--name", "hostile"] + (depot.map { ["--depot", $0] } ?? [])
            ]
            if depot == nil, !isDisk {
                commands.append(["depot", bundle, "\(path)/made.iso", "--partial"])
                commands.append(["depot", bundle, "\(path)/made", "--directory", "--partial"])
            }
            // Containers are refused before a payload is read, since these machines have kernels of their own.
            let container = try run(["up", bundle, "--provider", "nspawn", "--name", "hostile"], store: store)
            #expect(container.status == 3, "\(container.transcript)", sourceLocation: location)
            #expect(!FileManager.default.fileExists(atPath: state), sourceLocation: location)
            for command in commands {
                let outcome = try run(command, store: store)
                #expect(outcome.status == 1, "\(command): \(outcome.transcript)", sourceLocation: location)
                #expect(outcome.errors.contains(words), "\(command): \(outcome.transcript)", sourceLocation: location)
                #expect(outcome.errors.contains("expected sha256:"), sourceLocation: location)
                let names = try FileManager.default.contentsOfDirectory(atPath: path)
                #expect(
                    !names.contains { $0.hasPrefix("made") || $0.hasPrefix(".slipway") || $0 == "state" },
                    "\(command): \(names)", sourceLocation: location)
            }
        }
    }

    @Test func aBundlesOwnPayload() throws {
        let sample = try Sample()
        let empty = sample.path + "/empty"
        let honest = try sample.full("honest", of: [Sample.applier])
        let made = try sample.run(["depot", honest, sample.path + "/ok.iso", "--partial"], store: empty)
        #expect(made.status == 0, "\(made.transcript)")
        // The same size, and the name that the machines ask for: it would run as root on all of them.
        let evil = Sample.applier.replacing("good", with: "evil")
        let bundle = try sample.full("evil", of: [Sample.applier, Sample.disk]) { $0 == Sample.applier ? evil : $0 }
        try sample.expectRefusal(bundle, "slipway-apply is damaged in \(bundle)", store: empty)
        let disk = try sample.full("disk", of: [Sample.disk]) { $0.replacing("nineteen", with: "NINETEEN") }
        try sample.expectRefusal(disk, "image-ubuntu-24.04-arm64 is damaged in \(disk)", store: empty, isDisk: true)
    }

    @Test(arguments: ["applier", "member", "disk"]) func theStoresPayload(_ which: String) throws {
        let sample = try Sample()
        #expect(try sample.run(["depot", sample.bundle, sample.path + "/ok.iso", "--partial"]).status == 0)
        let content = ["applier": Sample.applier, "member": Sample.etcd, "disk": Sample.disk][which] ?? ""
        let file = try sample.blob(content)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o444)
        try sample.exchange(file)
        try sample.expectRefusal(sample.bundle, "is damaged in \(file)", isDisk: which == "disk")
    }

    @Test func aDepotThatWasMadeBefore() throws {
        let sample = try Sample()
        let depot = sample.path + "/depot"
        let outcome = try sample.run(["depot", sample.bundle, depot, "--directory", "--partial"])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        let name = URL(fileURLWithPath: try sample.blob(Sample.etcd)).lastPathComponent
        // Its own list may say what it likes: the bundle says what the member is.
        try sample.exchange("\(depot)/blobs/sha256/\(name)")
        try sample.expectRefusal(
            sample.bundle, "etcd, etcd-v3.5.16-linux-arm64/etcd is damaged in \(depot)", depot: depot)
        let list = try String(contentsOfFile: "\(depot)/depot.json", encoding: .utf8)
        #expect(list.contains("\"mode\":\"0755\"") && !list.contains("6755"))
        try FileManager.default.removeItem(atPath: "\(depot)/depot.json")
        try sample.directory.write(
            list.replacing("\"mode\":\"0755\"", with: "\"mode\":\"6755\""), to: "depot/depot.json")
        let refused = try sample.run(["up", sample.bundle, "--provider", "qemu", "--depot", depot])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("no file of a bundle runs as somebody else"), "\(refused.transcript)")
        let none = try sample.run(["up", sample.bundle, "--provider", "qemu", "--depot", sample.path + "/none"])
        #expect(none.status == 1)
        #expect(none.errors.contains("cannot read \(sample.path)/none/depot.json"), "\(none.transcript)")
    }

    /// A lock from before archives were looked into: the bundle is built, and says that machines will wait.
    @Test func anArchiveOfUnknownContent() throws {
        let sample = try Sample(members: false)
        let made = try sample.run(["depot", sample.bundle, sample.path + "/depot", "--directory", "--partial"])
        #expect(made.status == 0)
        #expect(made.errors.contains("containerd, etcd, image-calico-cni"), "\(made.transcript)")
        let topology = sample.path + "/t.yaml"
        let again = try Slipway.run([
            "bundle", topology, "--secrets", sample.path + "/secret", "--templates", Repository.templates.path,
            "--out", sample.path + "/out",
        ])
        #expect(again.status == 0)
        #expect(again.errors.contains("does not say what is inside etcd, so machines will wait for it"))
        #expect(again.errors.contains("run 'slipway lock \(topology)'"), "\(again.errors)")
        // Doing as it says helps.
        #expect(try sample.run(["lock", topology, "etcd"]).status == 0)
        let lock = try String(contentsOfFile: sample.path + "/t.lock", encoding: .utf8)
        #expect(lock.contains("etcd-v3.5.16-linux-arm64/etcd: { mode: \"0755\", size: 20, digest: sha256:"), "\(lock)")
    }

    @Test func nothingPinnedIsNotSuccess() throws {
        let directory = try Scratch()
        let path = directory.url.path
        try directory.write(String(contentsOf: Repository.topology("simple"), encoding: .utf8), to: "t.yaml")
        let store = ["--store", path + "/store"]
        for format in [[], ["--format", "json"]] {
            let fetch = try Slipway.run(["fetch", path + "/t.yaml"] + store + format)
            #expect(fetch.status == 1)
            #expect(fetch.errors.contains("nothing to fetch: \(path)/t.lock pins no payload"), "\(fetch.errors)")
            #expect(fetch.errors.contains("slipway lock"))
            let bundle = try BuiltBundle.simple.get().file.path
            let depot = try Slipway.run(["depot", bundle, path + "/d.iso", "--partial"] + store + format)
            #expect(depot.status == 1)
            #expect(depot.errors.contains("there is nothing to put into a depot"), "\(depot.errors)")
            #expect(!FileManager.default.fileExists(atPath: path + "/d.iso"))
            // A file that is not there is the input's fault, as a topology that is not there.
            let lock = try Slipway.run(
                ["lock", path + "/t.yaml", "etcd", "--set", "etcd=\(path)/none.tar"] + store + format)
            #expect(lock.status == 1)
            #expect(
                (lock.errors + lock.output).contains("cannot read \(path)/none.tar: No such file"), "\(lock.transcript)"
            )
            for line in (fetch.output + depot.output + lock.output).split(separator: "\n") where !format.isEmpty {
                #expect(throws: Never.self, "\(line)") { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            }
        }
    }
}
