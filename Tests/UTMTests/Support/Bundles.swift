import Archive
import Foundation
import HostSystem
import Launching
import Values

/// Bundles as `make bundle` makes them from the shipped topologies, with a small image and an applier in the store. The
/// machines have little memory, so that any host will do.
enum Bundles {
    static let ha = Result { try make("ha") }
    static let simple = Result { try make("simple") }
    /// The same cluster with certificates of another day: every machine has another seed.
    static let renewed = Result { try make("ha", epoch: "2026-11-23", named: "renewed") }

    static let directory: String = {
        let path = NSTemporaryDirectory() + "slipway-utm-bundles-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: Bundles.directory) }
        return path
    }()

    static var cache: String { "\(directory)/cache" }

    /// What the payload `image-ubuntu-24.04-arm64` is here.
    static let image = SmallImage.bytes

    private static func make(_ topology: String, epoch: String? = nil, named: String? = nil) throws -> String {
        let work = "\(directory)/\(named ?? topology)"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        var text = try String(contentsOfFile: "\(Mac.repository)/topologies/\(topology).yaml", encoding: .utf8)
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
            "bundle", spec, "--secrets", secret, "--templates", "\(Mac.repository)/templates", "--out", "\(work)/out")
        let made = try FileManager.default.contentsOfDirectory(atPath: "\(work)/out")
        return "\(work)/out/\(made.first { $0.hasSuffix(".tar") } ?? "none")"
    }

    private static func slipway(_ arguments: String...) throws {
        try ProcessRunner().require(
            ExternalCommand([Mac.slipway] + arguments, environment: ["XDG_CACHE_HOME": cache], timeLimit: 120))
    }
}

/// The beginning of a qcow2 image as qemu-img makes them: header, reference counts and the first table, each in a cluster.
private enum SmallImage {
    static let bytes: [UInt8] = {
        var header: [UInt8] = [0x51, 0x46, 0x49, 0xFB]
        func append(_ number: UInt64, _ count: Int) {
            header += (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
        }
        for (number, count) in [
            (3, 4), (0, 8), (0, 4), (16, 4), (1 << 30, 8), (0, 4), (1, 4), (3 << 16, 8), (1 << 16, 8), (1, 4), (0, 4),
            (0, 8), (0, 8), (0, 8), (0, 8), (4, 4), (104, 4),
        ] as [(UInt64, Int)] { append(number, count) }
        return header + [UInt8](repeating: 0, count: (4 << 16) - header.count)
    }()
}
