import Foundation
import TestSupport
import Testing

/// `slipway export`, and what it wrote imported whole.
@Suite("export", .serialized) struct ExportTests {
    let carriage: Carriage
    let disk: Scratch
    let island: Island

    init() throws {
        carriage = try Carriage.shared.get()
        disk = try Scratch()
        island = try Island()
    }

    @Test("one file with everything is a bundle, the same each time, and makes the same bundle and store elsewhere")
    func full() throws {
        let files = try carriage.export("old.tar", to: disk.file("ha.tar"))
        #expect(files == [disk.file("ha.tar")])
        _ = try carriage.export("old.tar", to: disk.file("again.tar"))
        #expect(try disk.bytes("ha.tar") == disk.bytes("again.tar"))
        #expect(try disk.mode("ha.tar") == 0o600)
        let verified = try Carriage.slipway(["verify", disk.file("ha.tar"), "--format", "json"])
        #expect(verified.status == 0 && verified.output.contains(#""absentPayloads":[]"#), "\(verified.transcript)")
        let digest = try bundleDigest(carriage.path("old.tar"))
        #expect(try bundleDigest(disk.file("ha.tar")) == digest)

        let outcome = try island.imports(files)
        #expect(outcome.status == 0 && outcome.errors.contains("next: slipway up out/ha-"), "\(outcome.transcript)")
        try island.expect("old.tar", of: carriage)
        let again = try island.imports(files)
        #expect(again.status == 0 && again.output.contains("0 B brought"), "\(again.transcript)")
        try island.expect("old.tar", of: carriage)
        // What was imported is all that the depot of the machines needs.
        let bundle = try #require(island.scratch.names("out").first)
        let depots = [carriage.path("old.tar"), island.scratch.file("out/\(bundle)")]
        for (name, store, bundle) in [
            ("a", carriage.path("store"), depots[0]), ("b", island.scratch.file("store"), depots[1]),
        ] {
            try Carriage.succeed(
                Carriage.slipway(["depot", bundle, disk.file("\(name).iso"), "--partial", "--store", store]))
        }
        #expect(try disk.bytes("a.iso") == disk.bytes("b.iso"))
    }

    @Test("a bundle that holds its payloads is exported without the store")
    func fromAFullBundle() throws {
        let files = try carriage.export("old.tar", to: disk.file("full.tar"))
        let again = try Carriage.slipway(["export", files[0], disk.file("again.tar"), "--store", disk.file("none")])
        #expect(again.status == 0, "\(again.transcript)")
        #expect(try disk.bytes("full.tar") == disk.bytes("again.tar"))
    }

    @Test("a sealed bundle is carried sealed, in one file and in parts", .needs(.sshKeygen)) func sealed() throws {
        _ = try Tool.sshKeygen.run(["-q", "-t", "ed25519", "-N", "", "-f", disk.file("key")])
        let made = try Carriage.slipway(
            [
                "seal", carriage.path("old.tar"), "--out", disk.file("old.sealed.tar"), "--recipient",
                disk.file("key.pub"),
            ])
        try Carriage.succeed(made)
        let sealed = try disk.bytes("old.sealed.tar")
        for (number, options) in [[], ["--split", "1MiB"]].enumerated() {
            let out = disk.file("out\(number).tar")
            let exported = try Carriage.slipway(
                ["export", disk.file("old.sealed.tar"), out, "--store", carriage.path("store"), "--format", "json"]
                    + options)
            try Carriage.succeed(exported)
            let files = try JSONDecoder().decode(Carriage.Exported.self, from: Data(exported.output.utf8)).files
            let island = try Island()
            let outcome = try island.imports(files.map(\.path).reversed())
            #expect(outcome.status == 0, "\(outcome.transcript)")
            let name = try #require(island.scratch.names("out").first)
            #expect(try name.hasSuffix(".sealed.tar") && island.scratch.bytes("out/\(name)") == sealed)
            #expect(try island.scratch.names("store/blobs/sha256") == carriage.storedDigests)
        }
    }

    @Test("after one changed sysctl the difference is small; the digests are those of the whole")
    func delta() throws {
        try Carriage.succeed(island.imports(try carriage.export("old.tar", to: disk.file("old.tar"))))
        let files = try carriage.export("new.tar", to: disk.file("new.tar"), "--since", carriage.path("old.tar"))
        // With the manifests and the description.
        #expect(try disk.bytes("new.tar").count < 1 << 20)

        let stranger = try Island()
        let refused = try stranger.imports(files)
        #expect(refused.status == 1, "\(refused.transcript)")
        #expect(
            refused.errors.contains(
                "the export left out what is not here: haproxy, image-coredns, image-pause, kubectl, kubelet"),
            "\(refused.errors)")
        #expect(try island.imports(files).status == 0)
        try island.expect("new.tar", of: carriage)

        // Payloads are here, and the old bundle is not where imports are put.
        let moved = try Island()
        try FileManager.default.copyItem(atPath: island.scratch.file("store"), toPath: moved.scratch.file("store"))
        let unnamed = try moved.imports(files)
        #expect(unnamed.status == 1 && unnamed.errors.contains("--since FILE"), "\(unnamed.transcript)")
        #expect(try moved.imports(files, "--since", carriage.path("old.tar")).status == 0)
        try moved.expect("new.tar", of: carriage)
    }

    @Test("what a list names is left out")
    func have() throws {
        try Carriage.succeed(island.imports(try carriage.export("old.tar", to: disk.file("old.tar"))))
        let list = try island.run("store", ["list", "--digests"])
        #expect(list.output.split(separator: "\n").count == (try carriage.storedDigests).count)
        try disk.write("have", list.output.split(separator: "\n").dropLast().joined(separator: "\r\n"))
        let files = try carriage.export("new.tar", to: disk.file("new.tar"), "--have", disk.file("have"))
        #expect(try island.imports(files).status == 0)
        try island.expect("new.tar", of: carriage)

        try disk.write("wrong", "sha256:12\n")
        let wrong = try carriage.slipway(
            "export", carriage.path("new.tar"), disk.file("x.tar"), "--have", disk.file("wrong"))
        #expect(wrong.status == 1 && wrong.errors.contains("wrong:1: expected sha256:"), "\(wrong.transcript)")
    }

    @Test("sizes are those that were predicted, and nothing is written before")
    func predicted() throws {
        for options in [[], ["--split", "1MiB"], ["--since", carriage.path("new.tar")]] {
            let command = ["export", carriage.path("old.tar"), disk.file("p.tar"), "--store", carriage.path("store")]
            let dry = try Carriage.slipway(command + options + ["--dry-run", "--format", "json"])
            try Carriage.succeed(dry)
            #expect(try disk.names().isEmpty)
            try Carriage.succeed(Carriage.slipway(command + options))
            for file in try JSONDecoder().decode(Carriage.Exported.self, from: Data(dry.output.utf8)).files {
                let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
                #expect(size == file.size, "\(file.path)")
                try FileManager.default.removeItem(atPath: file.path)
            }
        }
    }

    @Test("a payload that is nowhere is named; a damaged one and a damaged bundle are not carried")
    func lacking() throws {
        let none = try Carriage.slipway([
            "export", carriage.path("old.tar"), disk.file("x.tar"), "--store", disk.file("none"),
        ])
        #expect(none.status == 1, "\(none.transcript)")
        #expect(
            none.errors.contains("haproxy, image-coredns, image-pause, kubectl, kubelet; fetch with: slipway fetch"),
            "\(none.errors)")
        try FileManager.default.copyItem(atPath: carriage.path("store"), toPath: disk.file("bad"))
        let kubelet = try #require(
            try disk.names("bad/blobs/sha256").first { try disk.bytes("bad/blobs/sha256/\($0)").count > 1_000_000 })
        try flip(disk, "bad/blobs/sha256/\(kubelet)", at: 600_000)
        for options in [[], ["--split", "1MiB"]] {
            let bad = try Carriage.slipway(
                ["export", carriage.path("old.tar"), disk.file("x.tar"), "--store", disk.file("bad")] + options)
            #expect(bad.status == 1 && bad.errors.contains("is damaged in \(disk.file("bad"))"), "\(bad.transcript)")
        }
        try FileManager.default.copyItem(atPath: carriage.path("old.tar"), toPath: disk.file("b.tar"))
        try flip(disk, "b.tar", at: 100_000)
        let bundle = try carriage.slipway("export", disk.file("b.tar"), disk.file("x.tar"))
        #expect(bundle.status == 1, "\(bundle.transcript)")
        #expect(try disk.names().filter { $0.hasPrefix("x") }.isEmpty)
    }

    @Test("parts that are too small for what each must hold, and sizes that are none")
    func splits() throws {
        for (size, status) in [("0MiB", 2), ("4GB", 2), ("x", 2)] {
            let outcome = try carriage.slipway("export", carriage.path("old.tar"), disk.file("x.tar"), "--split", size)
            #expect(outcome.status == Int32(status), "\(size): \(outcome.transcript)")
        }
    }

    @Test("skopeo reads the one file as the bundle, and a part as an artifact", .needs(.skopeo))
    func skopeo() throws {
        let whole = try carriage.export("old.tar", to: disk.file("ha.tar"))
        let parts = try carriage.export("old.tar", to: disk.file("cut.tar"), "--split", "1MiB")
        for file in [whole[0], parts[1]] {
            let copied = try Tool.skopeo.run([
                "copy", "--all", "--preserve-digests", "--insecure-policy", "oci-archive:\(file)",
                "oci:\(disk.file("copy-\(file.hashValue)")):x",
            ])
            #expect(copied.status == 0, "\(copied.transcript)")
        }
    }

    @Test("a disk that is too small is refused before anything is written", .needsRoot(Tool("unshare"), Tool("mount")))
    func smallDisk() throws {
        let files = try carriage.export("old.tar", to: disk.file("ha.tar"))
        try FileManager.default.createDirectory(atPath: disk.file("small"), withIntermediateDirectories: true)
        let program = Repository.slipway.path
        for (command, what) in [
            ("export '\(carriage.path("old.tar"))' small/x.tar --store '\(carriage.path("store"))'", "small"),
            ("import '\(files[0])' --store small/store --out out", "small/store/import"),
            ("import '\(files[0])' --store store --out small/out", "small/out"),
        ] {
            let size = what == "small/out" ? "100k" : "2m"
            let script = """
                mount -t tmpfs -o size=\(size) tmpfs small && '\(program)' \(command)
                echo "status $?"; find small out -type f ! -name lock
                """
            let outcome = try Tool("unshare").run(
                ["--mount", "--propagation", "private", "sh", "-c", script], in: disk.url)
            #expect(outcome.output == "status 3\n", "\(command): \(outcome.transcript)")
            #expect(outcome.errors.contains("\(what)") && outcome.errors.contains("free"), "\(outcome.errors)")
        }
    }

    private func bundleDigest(_ path: String) throws -> Substring {
        let outcome = try Carriage.slipway(["verify", path])
        return try #require(
            outcome.output.firstMatch(of: /bundle digest  (sha256:[0-9a-f]{64})/)?.1, "\(outcome.transcript)")
    }
}

/// Changes one bit of a file.
func flip(_ scratch: Scratch, _ name: String, at place: Int) throws {
    var bytes = try scratch.bytes(name)
    bytes[place] ^= 1
    try? FileManager.default.removeItem(atPath: scratch.file(name))
    try scratch.write(name, bytes)
}
