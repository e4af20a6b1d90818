import Foundation
import TestSupport
import Testing

/// `lock --check`, `fetch` and `store` as a person meets them.
@Suite struct StoreTests {
    @Test func aStoreIsListedVerifiedAndPruned() throws {
        let directory = try Scratch()
        let path = directory.url.path
        let topology = path + "/t.yaml"
        try directory.write(String(contentsOf: Repository.topology("simple"), encoding: .utf8), to: "t.yaml")
        try directory.write("#!/bin/sh\n", to: "applier")
        try directory.write("hello\n", to: "hello")
        let store = ["--store", path + "/store"]
        func run(_ arguments: [String]) throws -> Child.Outcome { try Slipway.run(arguments + store) }

        let wrong = try run(["lock", topology, "etcd", "--set", "etcd=\(path)/hello"])
        #expect(wrong.status == 1)
        #expect(
            wrong.errors.contains("etcd: expected an archive (tar, tar.gz or zip), found a text that begins \"hello"),
            "\(wrong.errors)")
        let lock = try run(["lock", topology, "slipway-apply", "--set", "slipway-apply=\(path)/applier"])
        #expect(lock.status == 0 && lock.errors.hasSuffix("next: slipway fetch \(topology)\n"), "\(lock.errors)")
        #expect(lock.errors.contains("nobody but their address vouches for slipway-apply"))
        let text = try String(contentsOfFile: path + "/t.lock", encoding: .utf8)
        #expect(text.contains("version: 2\n") && text.contains("    verified: \"nobody: first use\"\n"))

        let check = try run(["lock", topology, "slipway-apply", "--check"])
        #expect(check.status == 0 && check.output == "slipway-apply  current\n", "\(check.transcript)")
        let fetch = try run(["fetch", topology, "slipway-apply"])
        #expect(fetch.status == 0 && fetch.errors.contains("10 B of them were there already"), "\(fetch.errors)")
        #expect(fetch.errors.hasSuffix("no network is needed any more\n"))

        try directory.write("other", to: "store/blobs/sha256/\(String(repeating: "a", count: 64))")
        let list = try run(["store", "list", topology])
        #expect(list.output.contains("slipway-apply  10 B  here\n") && list.output.contains("2 blobs, 15 B"))
        let damaged = try run(["store", "verify"])
        #expect(damaged.status == 1 && damaged.output.contains("2 blobs, 1 damaged"), "\(damaged.transcript)")
        #expect(damaged.errors.contains("\(String(repeating: "a", count: 64)) is damaged"))
        let dry = try run(["store", "prune", topology, "--dry-run"])
        #expect(dry.output.contains("1 blob, 5 B would go"), "\(dry.transcript)")
        #expect(try run(["store", "verify", "--remove"]).status == 1)
        let clean = try run(["store", "verify", "--format", "json"])
        #expect(clean.status == 0 && clean.output.contains("\"blobs\":1") && clean.output.contains("\"damaged\":[]"))
        #expect(try run(["store", "prune", topology]).output.contains("0 blobs, 0 B removed"))
        #expect(try run(["store", "prune"]).status == 2, "everything goes only when that is said")
        #expect(try run(["store", "prune", "--all"]).output.contains("1 blob, 10 B removed"))
        try FileManager.default.removeItem(atPath: path + "/applier")
        let gone = try run(["lock", topology, "slipway-apply", "--check"])
        #expect(
            gone.status == 1 && gone.output.hasPrefix("slipway-apply  gone  there is no file "), "\(gone.transcript)")
    }
}
