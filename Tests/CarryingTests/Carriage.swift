import Archive
import Foundation
import TestSupport
import Testing
import Values

/// Two computers: one with bundles and a store with payloads of every kind, and others without a network, each a directory with a store.
///
/// `old.tar` and `new.tar` are one cluster before and after one changed sysctl; `other.tar` is another.
struct Carriage {
    let scratch: Scratch

    static let shared = Result { try Carriage() }

    private init() throws {
        scratch = try Scratch()
        let topology = try String(contentsOf: Repository.topology("ha"), encoding: .utf8)
        try Self.succeed(Self.slipway(["secrets", "new", scratch.file("secret")]))
        var random = SeededGenerator(seed: 12)
        for name in ["kubelet", "kubectl"] {
            try scratch.write("files/\(name)", Array("#!/bin/sh\n".utf8) + random.bytes(1_150_000))
        }
        for (name, day) in [("old", "2026-11-22"), ("new", "2026-11-22"), ("other", "2026-11-23")] {
            try scratch.write("\(name).yaml", topology.replacing(/epoch: [0-9-]+/, with: "epoch: \(day)"))
            try Self.succeed(
                slipway(
                    "lock", scratch.file("\(name).yaml"), "kubelet", "kubectl", "--from", scratch.file("files")))
        }
        try addMembers(&random)
        try FileManager.default.copyItem(atPath: Repository.templates.path, toPath: scratch.file("changed"))
        let sysctl = try scratch.read("changed/base/sysctl.conf")
        try scratch.write("changed/base/sysctl.conf", sysctl.replacing("kernel.panic = 10", with: "kernel.panic = 11"))
        for name in ["old", "new", "other"] {
            let templates = name == "new" ? scratch.file("changed") : Repository.templates.path
            let outcome = try Self.slipway([
                "bundle", scratch.file("\(name).yaml"), "--secrets", scratch.file("secret"), "--templates", templates,
                "--out", scratch.file("made-\(name)"),
            ])
            try Self.succeed(outcome)
            let made = try #require(scratch.names("made-\(name)").first)
            try FileManager.default.moveItem(
                atPath: scratch.file("made-\(name)/\(made)"), toPath: scratch.file("\(name).tar"))
        }
    }

    /// Two images that share a layer, and packages, as `slipway lock` writes them: what a registry and an archive would have given is put
    /// into the store by hand.
    private func addMembers(_ random: inout SeededGenerator) throws {
        func blob(_ bytes: [UInt8]) throws -> Digest {
            let digest = Digest(hashing: bytes)
            try scratch.write("store/blobs/sha256/\(digest.hex)", bytes, mode: 0o444)
            return digest
        }
        let shared = random.bytes(700_000)
        var entries = ""
        for (name, image) in [
            ("image-coredns", "registry.k8s.io/coredns/coredns:v1"), ("image-pause", "registry.k8s.io/pause:3.10"),
        ] {
            let blobs = [random.bytes(2000), shared, random.bytes(150_000), random.bytes(900)]
            let size = blobs.reduce(0) { $0 + $1.count }
            let digests = try blobs.map(blob)
            entries +=
                "  \(name):\n    image: \"\(image)\"\n    size: \(size)\n    digest: \(digests[0])\n    members:\n"
            for (digest, bytes) in zip(digests, blobs) {
                entries +=
                    "      blobs/sha256/\(digest.hex): { mode: \"0644\", size: \(bytes.count), digest: \(digest) }\n"
            }
        }
        let packages = [
            ("haproxy_3.0_arm64.deb", random.bytes(90_000)), ("libssl_3.0_arm64.deb", random.bytes(60_000)),
        ]
        let digests = try packages.map { try blob($0.1) }
        let listing = Digest(
            hashing: Array(zip(packages, digests).map { "\($1.hex)  \($0.0)\n" }.joined().utf8))
        entries +=
            "  haproxy:\n    packages: \"ubuntu-24.04/arm64 haproxy\"\n    size: 150000\n    digest: \(listing)\n    members:\n"
        for (package, digest) in zip(packages, digests) {
            entries += "      \(package.0): { mode: \"0644\", size: \(package.1.count), digest: \(digest), "
            entries += "url: \"https://archive.example/\(package.0)\" }\n"
        }
        for name in ["old", "new", "other"] {
            try scratch.write("\(name).lock", try scratch.read("\(name).lock") + entries)
        }
    }

    // MARK: Programs

    func path(_ name: String) -> String { scratch.file(name) }

    /// Runs the program with the first computer's store.
    func slipway(_ arguments: String...) throws -> Child.Outcome {
        try Self.slipway(arguments + ["--store", scratch.file("store")], scratch)
    }

    static func slipway(_ arguments: [String], _ home: Scratch? = nil) throws -> Child.Outcome {
        let environment = home.map { ["XDG_CONFIG_HOME": $0.file("config"), "SLIPWAY_STATE": $0.file("state")] } ?? [:]
        return try Child.run([Repository.slipway.path] + arguments, in: home?.url, environment: environment)
    }

    static func succeed(_ outcome: Child.Outcome) throws { try #require(outcome.status == 0, "\(outcome.transcript)") }

    /// Exports and says which files were written, in order.
    func export(_ bundle: String, to out: String, _ options: String...) throws -> [String] {
        let outcome = try Self.slipway(
            ["export", path(bundle), out, "--store", path("store"), "--format", "json"] + options)
        try Self.succeed(outcome)
        return try JSONDecoder().decode(Exported.self, from: Data(outcome.output.utf8)).files.map(\.path)
    }

    struct Exported: Decodable {
        struct File: Decodable {
            let path: String
            let size: Int
        }

        let files: [File]
    }

    /// What an import leaves of one bundle's payloads: the digests in the store of the first computer.
    var storedDigests: [String] { get throws { try scratch.names("store/blobs/sha256") } }
}

/// A computer without a network.
struct Island {
    let scratch: Scratch

    init() throws { scratch = try Scratch(inMemory: true) }

    func run(_ command: String, _ arguments: [String]) throws -> Child.Outcome {
        try Carriage.slipway([command] + arguments + ["--store", scratch.file("store")], scratch)
    }

    func imports(_ files: [String], _ options: String...) throws -> Child.Outcome { try run("import", files + options) }

    /// The bundle, which has its own name, and every blob of the store are byte for byte those of the first computer; nothing else is left.
    func expect(_ bundle: String, of carriage: Carriage, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let names = try scratch.names("out").filter { $0.hasSuffix(".tar") }
        let original = try carriage.scratch.bytes(bundle)
        #expect(
            try names.contains { try scratch.bytes("out/\($0)") == original }, "\(names)",
            sourceLocation: sourceLocation)
        #expect(!(try scratch.names("out")).contains { $0.hasSuffix(".new") }, sourceLocation: sourceLocation)
        let blobs = try carriage.storedDigests
        #expect(try scratch.names("store/blobs/sha256") == blobs, sourceLocation: sourceLocation)
        for blob in blobs {
            let place = "store/blobs/sha256/\(blob)"
            #expect(
                try scratch.bytes(place) == carriage.scratch.bytes(place), "\(blob)", sourceLocation: sourceLocation)
        }
        #expect(try scratch.names("store/import") == ["lock"], sourceLocation: sourceLocation)
    }

    /// Nothing of what was refused has come in.
    func expectNothing(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(scratch.files(below: "store/blobs").isEmpty, sourceLocation: sourceLocation)
        #expect(scratch.files(below: "store/import").filter { $0 != "lock" }.isEmpty, sourceLocation: sourceLocation)
        #expect(scratch.files(below: "out").isEmpty, sourceLocation: sourceLocation)
    }
}
