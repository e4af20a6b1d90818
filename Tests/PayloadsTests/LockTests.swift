import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
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
    func resolver(environment: [String: String] = [:]) -> LockResolver {
        LockResolver(
            store: store, base: scratch.filePath("topologies"), workingDirectory: scratch.filePath(""),
            environment: environment, retries: RetryPolicy(attempts: 1, pause: 0))
    }

    static let haproxy = WantedPayload(name: "haproxy", kind: "deb", upstream: nil)

    func locked(_ name: String, _ address: String, _ content: [UInt8]) -> LockedPayload {
        LockedPayload(name: name, address: address, size: Int64(content.count), digest: Digest(hashing: content))
    }

    @Test func textIsSortedAndQuotedWhereNeeded() {
        let digest = Digest(hashing: [])
        let payloads = [
            LockedPayload(name: "runc", address: "https://host/runc.arm64", size: 12, digest: digest),
            LockedPayload(name: "etcd", address: "file:../a \"b\\ #c", size: 0, digest: digest),
        ]
        let text = LockText.text(payloads, topology: "ha.yaml")
        #expect(
            text == """
                # Which exact bytes stand behind each payload of ha.yaml. Made by 'slipway lock'; commit it.
                version: 1
                payloads:
                  etcd:
                    url: "file:../a \\"b\\\\ #c"
                    size: 0
                    digest: \(digest)
                  runc:
                    url: https://host/runc.arm64
                    size: 12
                    digest: \(digest)

                """)
        #expect(LockText.text(payloads.reversed(), topology: "ha.yaml") == text)
        #expect(LockText.text([], topology: "x").hasSuffix("\npayloads: {}\n"))
    }

    @Test func pinsChosenFilesRelativeToTheLock() async throws {
        try scratch.write("out/ha.deb", [1, 2, 3])
        let absolute = await resolver().resolve(
            [Self.haproxy], existing: [], chosen: ["haproxy": scratch.file("out/ha.deb")])
        #expect(absolute.payloads == [locked("haproxy", "file:" + scratch.file("out/ha.deb"), [1, 2, 3])])
        let relative = await resolver().resolve([Self.haproxy], existing: [], chosen: ["haproxy": "out/ha.deb"])
        #expect(relative.payloads == [locked("haproxy", "file:../out/ha.deb", [1, 2, 3])])
        #expect(relative.changed == ["haproxy"])
        #expect(scratch.files(below: "store/blobs").count == 1)
    }

    @Test func keepsEntriesWhoseAddressIsTheSame() async throws {
        // Nothing is served there: the entry is kept unread.
        let kubelet = WantedPayload(name: "kubelet", kind: "binary", upstream: "https://127.0.0.1:1/kubelet")
        let existing = [
            locked("kubelet", "https://127.0.0.1:1/kubelet", [1]), locked("haproxy", "file:../gone", [2]),
            locked("stale", "file:../gone", [3]), locked("other", "file:../gone", [4]),
        ]
        let outcome = await resolver().resolve([kubelet, Self.haproxy], existing: existing, keep: ["other"])
        #expect(outcome.payloads == [existing[1], existing[0], existing[3]])
        #expect(outcome.changed == [])
        #expect(outcome.removed == ["stale"])
        #expect(outcome.failures == [])
    }

    @Test func aChosenFileStaysAndANewVersionDoesNot() async throws {
        let wanted = ["kubelet", "kubectl"].map {
            WantedPayload(name: $0, kind: "binary", upstream: "https://127.0.0.1:1/v2/\($0)")
        }
        let existing = [
            locked("kubelet", "file:../kubelet", [1]), locked("kubectl", "https://127.0.0.1:1/v1/kubectl", [2]),
        ]
        let outcome = await resolver(environment: ["PATH": "/usr/bin:/bin"]).resolve(wanted, existing: existing)
        #expect(outcome.payloads == [existing[0]], "the new version could not be read, the old one is not wanted")
        #expect(outcome.removed == ["kubectl"])
        #expect(outcome.failures.first?.description.contains("https://127.0.0.1:1/v2/kubectl") == true)
    }

    @Test func refreshReadsAgain() async throws {
        try scratch.write("gone", [9])
        let existing = [locked("haproxy", "file:../gone", [2])]
        let outcome = await resolver().resolve([Self.haproxy], existing: existing, refresh: ["haproxy"])
        #expect(outcome.payloads == [locked("haproxy", "file:../gone", [9])])
        #expect(outcome.changed == ["haproxy"])
    }

    @Test func writesTheRestWhenSomethingIsNotFound() async throws {
        try scratch.write("in/runc", [5])
        let wanted = [
            WantedPayload(name: "applier", kind: "binary", upstream: nil),
            WantedPayload(name: "runc", kind: "binary", upstream: "https://127.0.0.1:1/v1/runc"),
            WantedPayload(name: "bad", kind: "binary", upstream: "http://host/x"),
        ]
        let outcome = await resolver().resolve(
            wanted, existing: [locked("bad", "https://old/x", [7])], search: try PayloadSearch([scratch.filePath("in")])
        )
        #expect(outcome.payloads.map(\.name) == ["bad", "runc"])
        #expect(
            outcome.failures.map(\.description) == [
                "applier: nothing says where this binary comes from; name it: --set applier=URL or --set applier=FILE",
                "bad: \"http://host/x\" is no address of a payload: http: is not supported; expected https: or file:",
            ])
    }

    @Test func searchFindsTheUsualNames() throws {
        for name in [
            "etcd.tar.gz", "haproxy_3.0.11-1_amd64.deb", "runc", "runc_notes.txt", "disk.qcow2", "plugins-v1.tgz",
        ] {
            try scratch.write("in/" + name, [1])
        }
        let search = try PayloadSearch([scratch.filePath("in")])
        func found(_ name: String, _ upstream: String? = nil) throws -> String? {
            try search.file(for: name, upstream: upstream)?.lastComponent?.string
        }
        #expect(try found("etcd") == "etcd.tar.gz")
        #expect(try found("haproxy") == "haproxy_3.0.11-1_amd64.deb")
        #expect(try found("runc") == "runc")
        #expect(try found("cni-plugins", "https://host/v1/plugins-v1.tgz") == "plugins-v1.tgz")
        #expect(try found("kubelet") == nil)
        try scratch.write("in/haproxy.deb", [1])
        let twice = try PayloadSearch([scratch.filePath("in")])
        let error = #expect(throws: PayloadError.self) { try twice.file(for: "haproxy", upstream: nil) }
        #expect(error?.description.contains("several files could be it") == true)
        #expect(error?.description.contains("--set haproxy=FILE") == true)
        let missing = #expect(throws: PayloadError.self) { try PayloadSearch([scratch.filePath("none")]) }
        #expect(missing?.description.contains("none: No such file or directory") == true)
    }

    @Test(.enabled(if: FileServer.isUsable)) func pinsWhatAServerGives() async throws {
        let server = try FileServer(["v1/kubelet": [1, 2, 3]])
        let wanted = [
            WantedPayload(name: "kubelet", kind: "binary", upstream: server.address("plain/v1/kubelet")),
            WantedPayload(name: "broken", kind: "binary", upstream: server.address("broken/v1/kubelet")),
            WantedPayload(name: "none", kind: "binary", upstream: server.address("plain/none")),
        ]
        let outcome = await resolver(environment: server.environment).resolve(wanted, existing: [])
        #expect(outcome.payloads == [locked("kubelet", server.address("plain/v1/kubelet"), [1, 2, 3])])
        #expect(outcome.failures.count == 2)
        #expect(outcome.failures.last?.description.contains("HTTP status 404") == true)
        #expect(
            scratch.files(below: "store/blobs") == ["sha256/" + Digest(hashing: [1, 2, 3]).hex], "fetch has it already")
    }
}
