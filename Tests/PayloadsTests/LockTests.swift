import Archive
import BuildPlan
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

struct LockTests {
    let scratch: Scratch
    let store: PayloadStore

    init() throws {
        scratch = try Scratch()
        store = try PayloadStore.open(scratch.filePath("store"))
        try scratch.write("topologies/ha.lock", [])
    }

    /// The scratch directory stands for the working directory, `topologies` in it for the place of the lock file.
    func resolver(environment: [String: String] = [:]) -> Resolving {
        Resolving(
            resolver: LockResolver(
                store: store, base: scratch.filePath("topologies"), workingDirectory: scratch.filePath(""),
                environment: environment, retries: RetryPolicy(attempts: 1, pause: 0)))
    }

    /// A resolver for amd64.
    struct Resolving {
        let resolver: LockResolver

        func resolve(
            _ wanted: [PayloadPlan], placed: [String: PlacedMembers] = [:], existing: Lock, keep: Set<String> = [],
            chosen: [String: String] = [:], search: PayloadSearch? = nil, refresh: Set<String> = [],
            trusted: Set<String> = []
        ) async -> LockOutcome {
            await resolver.resolve(
                wanted, for: .amd64, placed: placed, existing: existing, keep: keep, chosen: chosen, search: search,
                refresh: refresh, trusted: trusted)
        }
    }

    static let haproxy = PayloadPlan("haproxy", .deb, version: "1")

    func locked(_ name: String, _ address: String, _ content: [UInt8]) -> LockedPayload {
        LockedPayload(
            name: name, address: address.hasPrefix("https:") ? .https(address) : .file(String(address.dropFirst(5))),
            size: Int64(content.count), digest: Digest(hashing: content), verified: .firstUse)
    }

    @Test func pinsChosenFilesRelativeToTheLock() async throws {
        let package = try Contents.package([1, 2, 3])
        try scratch.write("out/ha.deb", package)
        let absolute = await resolver().resolve(
            [Self.haproxy], existing: Lock(), chosen: ["haproxy": scratch.file("out/ha.deb")])
        #expect(absolute.lock.payloads == [locked("haproxy", "file:" + scratch.file("out/ha.deb"), package)])
        let relative = await resolver().resolve([Self.haproxy], existing: Lock(), chosen: ["haproxy": "out/ha.deb"])
        #expect(relative.lock.payloads == [locked("haproxy", "file:../out/ha.deb", package)])
        #expect(relative.changed == ["haproxy"])
        #expect(scratch.files(below: "store/blobs").count == 1)
    }

    @Test func keepsEntriesWhoseAddressIsTheSame() async throws {
        // Nothing is served there: the entry is kept unread.
        let kubelet = PayloadPlan("kubelet", .binary, version: "1", url: "https://127.0.0.1:1/kubelet")
        let existing = [
            locked("kubelet", "https://127.0.0.1:1/kubelet", [1]), locked("haproxy", "file:../gone", [2]),
            locked("stale", "file:../gone", [3]), locked("other", "file:../gone", [4]),
        ]
        let outcome = await resolver().resolve([kubelet, Self.haproxy], existing: Lock(existing), keep: ["other"])
        #expect(outcome.lock.payloads == [existing[1], existing[0], existing[3]])
        #expect(outcome.changed == [])
        #expect(outcome.removed == ["stale"])
        #expect(outcome.failures == [])
    }

    @Test func aChosenFileStaysAndANewVersionDoesNot() async throws {
        let wanted = ["kubelet", "kubectl"].map {
            PayloadPlan($0, .binary, version: "1", url: "https://127.0.0.1:1/v2/\($0)")
        }
        let existing = [
            locked("kubelet", "file:../kubelet", [1]), locked("kubectl", "https://127.0.0.1:1/v1/kubectl", [2]),
        ]
        let outcome = await resolver(environment: ["PATH": "/usr/bin:/bin"]).resolve(wanted, existing: Lock(existing))
        #expect(outcome.lock.payloads == [existing[0]], "the new version could not be read, the old one is not wanted")
        #expect(outcome.removed == ["kubectl"])
        #expect(outcome.failures.first?.description.contains("https://127.0.0.1:1/v2/kubectl") == true)
    }

    @Test func refreshReadsAgain() async throws {
        let package = try Contents.package([9])
        try scratch.write("gone", package)
        let existing = [locked("haproxy", "file:../gone", [2])]
        let outcome = await resolver().resolve([Self.haproxy], existing: Lock(existing), refresh: ["haproxy"])
        #expect(outcome.lock.payloads == [locked("haproxy", "file:../gone", package)])
        #expect(outcome.changed == ["haproxy"])
    }

    @Test func writesTheRestWhenSomethingIsNotFound() async throws {
        try scratch.write("in/runc", Contents.program([5]))
        let wanted = [
            PayloadPlan("applier", .binary, version: "1"),
            PayloadPlan("runc", .binary, version: "1", url: "https://127.0.0.1:1/v1/runc"),
            PayloadPlan("bad", .binary, version: "1"),
        ]
        let outcome = await resolver().resolve(
            wanted, existing: Lock([locked("bad", "https://old/x", [7])]), chosen: ["bad": "http://host/x"],
            search: try PayloadSearch([scratch.filePath("in")]))
        #expect(outcome.lock.payloads.map(\.name) == ["bad", "runc"])
        #expect(
            outcome.failures.map(\.description) == [
                "applier: there is no fixed address for this binary; give one: --set applier=URL or --set applier=FILE",
                "bad: \"http://host/x\" cannot be used as an address: http: is not supported; expected https: or file:",
            ])
    }

    @Test func searchFindsTheUsualNames() throws {
        for name in [
            "etcd.tar.gz", "haproxy_3.0.11-1_amd64.deb", "runc", "runc_notes.txt", "disk.qcow2", "plugins-v1.tgz",
        ] {
            try scratch.write("in/" + name, [1])
        }
        let search = try PayloadSearch([scratch.filePath("in")])
        func found(_ name: String, _ upstream: PayloadAddress? = nil) throws -> String? {
            try search.file(for: name, upstream: upstream)?.lastComponent?.string
        }
        #expect(try found("etcd") == "etcd.tar.gz")
        #expect(try found("haproxy") == "haproxy_3.0.11-1_amd64.deb")
        #expect(try found("runc") == "runc")
        #expect(try found("cni-plugins", .https("https://host/v1/plugins-v1.tgz")) == "plugins-v1.tgz")
        #expect(try found("kubelet") == nil)
        try scratch.write("in/haproxy.deb", [1])
        let twice = try PayloadSearch([scratch.filePath("in")])
        let error = #expect(throws: PayloadError.self) { try twice.file(for: "haproxy", upstream: nil) }
        #expect(error?.description.contains("several files could be it") == true)
        #expect(error?.description.contains("--set haproxy=FILE") == true)
        let missing = #expect(throws: PayloadError.self) { try PayloadSearch([scratch.filePath("none")]) }
        #expect(missing?.description.contains("none: No such file or directory") == true)
    }

    @Test(.needs(missing: FileServer.missing)) func pinsWhatAServerGives() async throws {
        let kubelet = Contents.program([1, 2, 3])
        let server = try FileServer(["v1/kubelet": kubelet])
        let wanted = [
            PayloadPlan("kubelet", .binary, version: "1", url: server.address("plain/v1/kubelet")),
            PayloadPlan("broken", .binary, version: "1", url: server.address("broken/v1/kubelet")),
            PayloadPlan("none", .binary, version: "1", url: server.address("plain/none")),
        ]
        let outcome = await resolver(environment: server.environment).resolve(wanted, existing: Lock())
        #expect(outcome.lock.payloads == [locked("kubelet", server.address("plain/v1/kubelet"), kubelet)])
        #expect(outcome.failures.count == 2)
        #expect(outcome.failures.last?.description.contains("HTTP status 404") == true)
        #expect(
            scratch.files(below: "store/blobs") == ["sha256/" + Digest(hashing: kubelet).hex], "fetch has it already")
    }

    // MARK: What is in an archive

    static let etcd = PayloadPlan("etcd", .archive, version: "1")
    static let placed = ["etcd": PlacedMembers.named(["v3/etcd"])]

    func archive(_ bytes: [UInt8] = [7, 7], permissions: Permissions = 0o755) throws -> [UInt8] {
        try TarWriter.bytes(of: [
            .file("v3/README", [1], permissions: 0o644), .file("v3/etcd", bytes, permissions: permissions),
        ])
    }

    @Test func pinsTheFilesThatMachinesPlace() async throws {
        try scratch.write("in/etcd.tar", archive(permissions: 0o6755))
        let search = try PayloadSearch([scratch.filePath("in")])
        let member = PayloadMember(path: "v3/etcd", digest: Digest(hashing: [7, 7]), size: 2, mode: 0o755)
        let named = await resolver().resolve([Self.etcd], placed: Self.placed, existing: Lock(), search: search)
        #expect(named.failures == [])
        #expect(named.lock["etcd"]?.members == [member], "no set-id bits")
        let all = await resolver().resolve([Self.etcd], placed: ["etcd": .all], existing: Lock(), search: search)
        #expect(all.lock["etcd"]?.members?.map(\.path) == ["v3/README", "v3/etcd"])
        #expect(all.lock["etcd"]?.members?.first?.mode == 0o644)
        // What is known already is not read again, and narrowed to what is placed.
        try FileManager.default.removeItem(atPath: scratch.file("in/etcd.tar"))
        try FileManager.default.removeItem(atPath: scratch.file("store/blobs"))
        let kept = await resolver().resolve([Self.etcd], placed: Self.placed, existing: all.lock)
        #expect(kept.lock == named.lock && kept.failures == [])
    }

    @Test func anOldEntryLearnsWhatIsInTheArchive() async throws {
        let bytes = try archive()
        try scratch.write("etcd.tar", bytes)
        let old = locked("etcd", "file:../etcd.tar", bytes)
        let outcome = await resolver().resolve([Self.etcd], placed: Self.placed, existing: Lock([old]))
        #expect(outcome.failures == [] && outcome.changed == ["etcd"])
        #expect(outcome.lock["etcd"]?.digest == old.digest)
        #expect(outcome.lock["etcd"]?.members?.map(\.digest) == [Digest(hashing: [7, 7])])
        // Other bytes behind the same address are not taken, nor a store's blob that was exchanged.
        try scratch.write("etcd.tar", archive([8, 8]))
        try FileManager.default.removeItem(atPath: scratch.file("store/blobs/sha256/" + old.digest.hex))
        let moved = await resolver().resolve([Self.etcd], placed: Self.placed, existing: Lock([old]))
        #expect(moved.lock == Lock([old]))
        #expect(moved.failures.first?.description.contains("is not what the lock file pins") == true)
        try scratch.write("store/blobs/sha256/" + old.digest.hex, archive([8, 8]))
        let exchanged = await resolver().resolve([Self.etcd], placed: Self.placed, existing: Lock([old]))
        #expect(exchanged.lock == Lock([old]))
        #expect(exchanged.failures.first?.description.contains("etcd is damaged in") == true)
    }

    @Test func saysWhatAnArchiveLacks() async throws {
        try scratch.write("in/etcd.tar", archive())
        let outcome = await resolver().resolve(
            [Self.etcd], placed: ["etcd": .named(["v4/etcd"])], existing: Lock(),
            search: try PayloadSearch([scratch.filePath("in")]))
        #expect(outcome.lock == Lock())
        #expect(outcome.failures.first?.description.contains("etcd: the archive has no file v4/etcd") == true)
    }
}
