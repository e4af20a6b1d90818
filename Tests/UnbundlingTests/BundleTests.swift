import BundleFormat
import Bundling
import Diagnostics
import Foundation
import SystemPackage
import Testing
import TopologySpec
import Unbundling
import Values

@Suite struct BundleTests {
    @Test func holdsWhatTheTopologyDescribes() async throws {
        let sample = try await SampleBundle.make()
        let bundle = try Unbundling.Bundle.open(sample.path)
        #expect(bundle.description.machines.map(\.name) == ["jump", "etcd-1", "master", "worker-1", "worker-2"])
        #expect(bundle.bundleDigest == sample.summary.bundleDigest)
        #expect(bundle.publicDigest == sample.summary.publicDigest)
        #expect(bundle.launchPlan.machines.map(\.seed) == bundle.description.machines.map { "\($0.name).iso" })
        let etcd = try bundle.contents(of: "etcd-1")
        #expect(etcd.isComplete)
        #expect(etcd.files.contains { $0.path == "/etc/etcd/etcd.conf.yml" && $0.permissions == 0o644 })
        #expect(etcd.files.contains { $0.path == "/etc/etcd/pki/server.key" && $0.permissions == 0o600 })
    }

    @Test func verifies() async throws {
        let sample = try await SampleBundle.make()
        let verification = BundleVerifier(try Unbundling.Bundle.open(sample.path), threads: 2).run()
        #expect(verification.failures.isEmpty)
        #expect(verification.blobCount > 40 && verification.openFileCount > 40 && verification.ownFileCount > 40)
        #expect(verification.unpinnedPayloads.contains("etcd"))
    }

    @Test func bytesDoNotDependOnTheNumberOfThreads() async throws {
        let one = try await SampleBundle.make(threads: 1)
        let many = try await SampleBundle.make(threads: 8)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: one.summary.path))
                == Data(contentsOf: URL(fileURLWithPath: many.summary.path)))
    }

    @Test func thePublicDigestDoesNotDependOnTheSecret() async throws {
        let one = try await SampleBundle.make(secret: 1)
        let other = try await SampleBundle.make(secret: 2)
        #expect(one.summary.publicDigest == other.summary.publicDigest)
        #expect(one.summary.bundleDigest != other.summary.bundleDigest)
    }

    @Test func theFileIsItsOwnersAlone() async throws {
        let sample = try await SampleBundle.make()
        let mode = try FileManager.default.attributesOfItem(atPath: sample.summary.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func pinsReachTheMachine() async throws {
        let hex = String(repeating: "ab", count: 32)
        var report = Diagnostics.Report()
        let text = "payloads: { etcd: { url: https://example.org/etcd, size: 5, digest: sha256:\(hex) } }"
        let lock = try #require(LockFile.read(SourceText(file: "t.lock", text: text), into: &report))
        let sample = try await SampleBundle.make(lock: lock)
        let bundle = try Unbundling.Bundle.open(sample.path)
        let document = try #require(try bundle.contents(of: "etcd-1").files.first { $0.path == "machine.json" })
        let manifest = try MachineManifest(parsing: document.bytes)
        #expect(manifest.payloads.first { $0.name == "etcd" }?.digest?.hex == hex)
        #expect(BundleVerifier(try .open(sample.path), threads: 2).run().absentPayloads == ["etcd"])
    }

    @Test func refusesUnknownMachines() async throws {
        let sample = try await SampleBundle.make()
        let bundle = try Unbundling.Bundle.open(sample.path)
        let error = #expect(throws: BundleError.self) { try bundle.contents(of: "etcd-9") }
        #expect(
            error?.description
                == "there is no machine 'etcd-9' in the bundle; it has jump, etcd-1, master, worker-1, worker-2")
    }
}
