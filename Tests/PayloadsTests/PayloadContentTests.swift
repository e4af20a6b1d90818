import Archive
import BuildPlan
import BundleFormat
import SystemPackage
import TestSupport
import Testing
import Values

@testable import Payloads

/// What is not what a payload must be is refused when it is pinned.
struct PayloadContentTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func pin(_ plan: PayloadPlan, _ bytes: [UInt8], placed: [String: PlacedMembers] = [:]) async throws
        -> LockOutcome
    {
        try scratch.write("file", bytes)
        let resolver = LockResolver(
            store: try PayloadStore.open(scratch.filePath("store")), base: scratch.filePath(""),
            workingDirectory: scratch.filePath(""), environment: [:])
        return await resolver.resolve(
            [plan], for: .arm64, placed: placed, existing: Lock(), chosen: [plan.name: scratch.file("file")])
    }

    private static let disk = PayloadPlan(
        "image", .disk, version: "1",
        source: .dated(DatedRelease(listing: "https://h/", prefix: "", file: "x", .sha256, sums: "s")))

    @Test func refusesWhatItIsNot() async throws {
        let hello = Array("hello\n".utf8)
        let page = Array("<!DOCTYPE html><html>sign in".utf8)
        let oci = try TarWriter.bytes(of: [.file("x", [1], permissions: 0o644)])
        let cases: [(PayloadPlan, [UInt8], String)] = [
            (
                PayloadPlan("etcd", .archive, version: "1"), hello,
                "expected an archive (tar, tar.gz or zip), found a text that begins"
            ),
            (
                PayloadPlan("runc", .binary, version: "1"), hello,
                "expected a program for arm64, found a text that begins"
            ),
            (PayloadPlan("runc", .binary, version: "1"), Contents.program(), "found a program for amd64"),
            (PayloadPlan("runc", .binary, version: "1"), page, "found a web page"),
            (PayloadPlan("runc", .binary, version: "1"), [], "found an empty file"),
            (PayloadPlan("calico", .binary, version: "1", isProgram: false), page, "expected a file, found a web page"),
            (PayloadPlan("haproxy", .deb, version: "1"), hello, "expected a Debian package"),
            (
                PayloadPlan("haproxy", .deb, version: "1"), try Contents.package(),
                "expected a package for arm64, found one for amd64"
            ),
            (PayloadPlan("image-pause", .image, version: "1"), hello, "expected an archive of a container image"),
            (PayloadPlan("image-pause", .image, version: "1"), oci, "without manifest.json and without oci-layout"),
            (Self.disk, hello, "expected the image of a disk"),
            (Self.disk, Contents.program(), "found a program for amd64"),
            (PayloadPlan("kernel", .disk, version: "1"), [], "expected a kernel or an initial RAM disk"),
        ]
        for (plan, bytes, message) in cases {
            let outcome = try await pin(plan, bytes)
            #expect(outcome.lock == Lock())
            let text = outcome.failures.first?.description ?? "accepted"
            #expect(text.contains(message) && text.hasPrefix("\(plan.name): "), "\(text)")
            #expect(scratch.files(below: "store/blobs") == [])
        }
    }

    @Test func takesWhatItIs() async throws {
        let layout = try TarWriter.bytes(of: [
            .file("index.json", [1], permissions: 0o644), .file("oci-layout", [1], permissions: 0o644),
        ])
        let saved = try TarWriter.bytes(of: [.file("manifest.json", [1], permissions: 0o644)])
        var ext4 = [UInt8](repeating: 0, count: 2048)
        (ext4[1080], ext4[1081]) = (0x53, 0xEF)
        var partitioned = [UInt8](repeating: 0, count: 512)
        (partitioned[510], partitioned[511]) = (0x55, 0xAA)
        let cases: [(PayloadPlan, [UInt8])] = [
            (PayloadPlan("runc", .binary, version: "1"), Contents.program([], .arm64)),
            (PayloadPlan("runc", .binary, version: "1"), Array("#!/bin/sh\n".utf8)),
            (PayloadPlan("calico", .binary, version: "1", isProgram: false), Array("a: b\n".utf8)),
            (PayloadPlan("haproxy", .deb, version: "1"), try Contents.package([], "arm64")),
            (PayloadPlan("haproxy", .deb, version: "1"), try Contents.package([], "all")),
            (PayloadPlan("image-pause", .image, version: "1"), layout),
            (PayloadPlan("image-pause", .image, version: "1"), saved),
            (Self.disk, Contents.disk()), (Self.disk, ext4), (Self.disk, partitioned),
            (PayloadPlan("kernel", .disk, version: "1"), [1]),
        ]
        for (plan, bytes) in cases {
            let outcome = try await pin(plan, bytes)
            #expect(outcome.failures == [] && outcome.lock[plan.name]?.verified == .firstUse, "\(plan.name)")
        }
    }

    @Test func aProgramInAnArchiveIsForTheGuest() async throws {
        let plan = PayloadPlan("etcd", .archive, version: "1")
        func archive(_ architecture: Architecture) throws -> [UInt8] {
            try TarWriter.bytes(of: [.file("v3/etcd", Contents.program([], architecture), permissions: 0o755)])
        }
        let placed = ["etcd": PlacedMembers.named(["v3/etcd"])]
        #expect(try await pin(plan, archive(.arm64), placed: placed).failures == [])
        let wrong = try await pin(plan, archive(.amd64), placed: placed)
        #expect(
            wrong.failures.first?.description.contains(
                "etcd, v3/etcd: expected a program for arm64, found a program for amd64") == true)
        #expect(wrong.lock == Lock())
    }

    /// As dpkg-deb makes them, whatever it compresses with.
    @Test(.needs("dpkg-deb"), arguments: ["none", "gzip", "xz", "zstd"])
    func readsPackagesThatDpkgMakes(_ compression: String) async throws {
        try scratch.write(
            "p/DEBIAN/control",
            Array("Package: ha\nVersion: 1\nArchitecture: arm64\nMaintainer: a <a@b>\nDescription: x\n".utf8))
        try Tool.run(
            "dpkg-deb",
            ["-Z\(compression)", "--uniform-compression", "--build", scratch.file("p"), scratch.file("p.deb")])
        let outcome = try await pin(PayloadPlan("ha", .deb, version: "1"), scratch.bytes("p.deb"))
        #expect(outcome.failures == [])
    }
}
