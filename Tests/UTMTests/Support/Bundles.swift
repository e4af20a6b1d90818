import Archive
import Foundation
import HostSystem
import Launching
import TestSupport
import Values

/// Bundles as `make bundle` makes them from the shipped topologies, with a small image and an applier in the store. The
/// machines have little memory, so that any host will do.
enum Bundles {
    static let ha = Result { try make("ha") }
    static let simple = Result { try make("simple") }
    /// The same cluster with certificates of another day: every machine has another seed.
    static let renewed = Result { try make("ha", epoch: "2026-11-23", named: "renewed") }

    private static let scratch = Result { try Scratch() }
    static var cache: String { get throws { try scratch.get().file("cache") } }

    /// What the payload `image-ubuntu-24.04-arm64` is here.
    static let image = SmallQcow2(size: 1 << 30, filler: 0).bytes

    private static func make(_ topology: String, epoch: String? = nil, named: String? = nil) throws -> String {
        let directory = try scratch.get().path
        let work = "\(directory)/\(named ?? topology)"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        var text = try String(contentsOfFile: "\(Repository.root.path)/topologies/\(topology).yaml", encoding: .utf8)
        text = text.replacing(/memory: [0-9]+GiB/, with: "memory: 1GiB")
        if let epoch { text = text.replacing(/epoch: [0-9-]+/, with: "epoch: \(epoch)") }
        try text.write(toFile: "\(work)/\(topology).yaml", atomically: true, encoding: .utf8)
        var lock = "version: 1\npayloads:\n"
        for (name, bytes) in [("image-ubuntu-24.04-arm64", image), ("slipway-apply", Array("#!/bin/sh\n".utf8))] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(work)/\(name)"))
            let digest = Digest(hashing: bytes)
            lock += "  \(name):\n    url: \"file:\(name)\"\n    size: \(bytes.count)\n    digest: \(digest)\n"
        }
        try lock.write(toFile: "\(work)/\(topology).lock", atomically: true, encoding: .utf8)
        let (secret, spec) = ("\(directory)/\(topology).secret", "\(work)/\(topology).yaml")
        if !FileManager.default.fileExists(atPath: secret) { try slipway("secrets", "new", secret) }
        try slipway("fetch", spec)
        try slipway(
            "bundle", spec, "--secrets", secret, "--templates", "\(Repository.root.path)/templates", "--out",
            "\(work)/out")
        let made = try FileManager.default.contentsOfDirectory(atPath: "\(work)/out")
        return "\(work)/out/\(made.first { $0.hasSuffix(".tar") } ?? "none")"
    }

    private static func slipway(_ arguments: String...) throws {
        try ProcessRunner().require(
            ExternalCommand(
                [Repository.slipway.path] + arguments, environment: ["XDG_CACHE_HOME": try cache], timeLimit: 120))
    }
}
