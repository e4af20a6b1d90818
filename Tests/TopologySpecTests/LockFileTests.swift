import BundleFormat
import Diagnostics
import Testing
import TopologySpec
import Values

@Suite struct LockFileTests {
    private let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test func readsEntries() throws {
        let (lock, report) = read("version: 1\npayloads:\n  etcd: { url: https://a/b, size: 12, digest: \(digest) }\n")
        #expect(report.diagnostics.isEmpty)
        let entry = try #require(lock?["etcd"])
        #expect(entry.address == .https("https://a/b") && entry.size == 12 && entry.digest.description == digest)
        #expect(entry.members == nil, "an old lock does not say what is in an archive")
    }

    @Test func textIsSortedAndQuotedWhereNeeded() throws {
        let digest = try Digest(parsing: self.digest)
        let payloads = [
            LockedPayload(name: "runc", address: .https("https://host/runc.arm64"), size: 12, digest: digest),
            LockedPayload(
                name: "etcd", address: .file("../a \"b\\ #c"), size: 0, digest: digest,
                members: [
                    PayloadMember(path: "etcd-v3/etcdctl", digest: digest, size: 7),
                    PayloadMember(path: "etcd-v3/1 #x", digest: digest, size: 8, mode: 0o6644),
                ]),
            LockedPayload(name: "empty", address: .file("e"), size: 1, digest: digest, members: []),
        ]
        let text = LockFile.text(Lock(payloads), topology: "ha.yaml")
        #expect(
            text == """
                # Which exact bytes stand behind each payload of ha.yaml. Made by 'slipway lock'; commit it.
                version: 2
                payloads:
                  empty:
                    url: file:e
                    size: 1
                    digest: \(digest)
                    members: {}
                  etcd:
                    url: "file:../a \\"b\\\\ #c"
                    size: 0
                    digest: \(digest)
                    members:
                      "etcd-v3/1 #x": { mode: "0644", size: 8, digest: \(digest) }
                      etcd-v3/etcdctl: { mode: "0755", size: 7, digest: \(digest) }
                  runc:
                    url: https://host/runc.arm64
                    size: 12
                    digest: \(digest)

                """)
        #expect(LockFile.text(Lock(payloads.reversed()), topology: "ha.yaml") == text)
        #expect(LockFile.text(Lock(), topology: "x").hasSuffix("\npayloads: {}\n"))
        // What was written is read again.
        let (lock, report) = read(text)
        #expect(report.diagnostics.isEmpty)
        #expect(lock == Lock(payloads))
    }

    /// Images and packages are their members, and each entry says how it was verified.
    @Test func writesImagesAndPackagesAndHowTheyWereVerified() throws {
        let digest = try Digest(parsing: self.digest)
        let key = String(repeating: "0A", count: 20)
        let payloads = [
            LockedPayload(
                name: "image-pause", source: .image(try ImageReference(parsing: "registry.k8s.io/pause:3.10")), size: 7,
                digest: digest, verified: .firstUse,
                members: [PayloadMember(path: digest.blobPath, digest: digest, size: 7, mode: 0o644)]),
            LockedPayload(
                name: "haproxy", source: .packages(Distribution(.debian13, .amd64), ["haproxy", "socat"]), size: 5,
                digest: digest,
                verified: .signedRelease(fingerprint: key, date: try #require(Timestamp("2026-11-14T09:12:44Z"))),
                members: [
                    PayloadMember(path: "haproxy_3.0-1_amd64.deb", digest: digest, size: 5, mode: 0o644, stage: 2)
                ], memberAddresses: ["haproxy_3.0-1_amd64.deb": .http("http://archive.example/pool/h.deb")]),
            LockedPayload(
                name: "kubelet", address: .https("https://dl.k8s.io/kubelet"), size: 1, digest: digest,
                verified: .published(.sha256, at: "https://dl.k8s.io/kubelet.sha256")),
            LockedPayload(
                name: "vault", address: .https("https://h/v"), size: 1, digest: digest,
                verified: .signedList(fingerprint: key, at: "https://h/SHA256SUMS")),
        ]
        let text = LockFile.text(Lock(payloads), topology: "ha.yaml")
        #expect(
            text.hasSuffix(
                """
                  haproxy:
                    packages: debian-13/amd64 haproxy socat
                    size: 5
                    digest: \(digest)
                    verified: "signed by \(key), InRelease of 2026-11-14T09:12:44Z"
                    members:
                      haproxy_3.0-1_amd64.deb: { mode: "0644", size: 5, digest: \(digest), stage: 2, url: \
                http://archive.example/pool/h.deb }
                  image-pause:
                    image: registry.k8s.io/pause:3.10
                    size: 7
                    digest: \(digest)
                    verified: "nobody: first use"
                    members:
                      \(digest.blobPath): { mode: "0644", size: 7, digest: \(digest) }
                  kubelet:
                    url: https://dl.k8s.io/kubelet
                    size: 1
                    digest: \(digest)
                    verified: sha256 published at https://dl.k8s.io/kubelet.sha256
                  vault:
                    url: https://h/v
                    size: 1
                    digest: \(digest)
                    verified: "signed by \(key), published at https://h/SHA256SUMS"

                """), "\(text)")
        let (lock, report) = read(text)
        #expect(report.diagnostics.isEmpty)
        #expect(lock == Lock(payloads))
        let (_, future) = read("version: 3\npayloads: {}\n")
        #expect(future.diagnostics.first?.message == "lock version 3 is unknown")
    }

    @Test(arguments: [
        ("{ image: r.io/a:1, size: 1, digest: DIGEST }", "the manifest is not among the members"),
        (
            "{ image: r.io/a:1, size: 2, digest: DIGEST, members: { BLOB: { mode: 0644, size: 1, digest: DIGEST } } }",
            "its size is not that of its members together"
        ),
        (
            "{ image: r.io/a:1, size: 1, digest: DIGEST, members: { x: { mode: 0644, size: 1, digest: DIGEST } } }",
            "a member's name is not that of a blob"
        ),
        ("{ image: R/a, size: 0, digest: DIGEST, members: {} }", "is not the name of an image"),
        ("{ image: r.io/a, url: u, size: 0, digest: DIGEST }", "the entry has url and image"),
        ("{ packages: debian-13/amd64 haproxy, size: 0, digest: DIGEST, members: {} }", "a package has no url"),
        ("{ packages: debian-13/amd64, size: 0, digest: DIGEST }", "is not a list of packages"),
        ("{ packages: debian-13/amd64 -x, size: 0, digest: DIGEST }", "is not a list of packages"),
        (
            "{ packages: debian-13/amd64 ha, size: 1, digest: DIGEST, members: { x: { mode: 0644, size: 1, digest: DIGEST, url: u } } }",
            "'x' is not NAME_VERSION_ARCHITECTURE.deb"
        ),
        (
            "{ packages: debian-13/amd64 ha, size: 1, digest: DIGEST, members: { ha_1_all.deb: { mode: 0644, size: 1, digest: DIGEST, url: ftp://x } } }",
            "ftp: is not supported"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0644, size: 1, digest: DIGEST, url: u } } }",
            "has no url of its own"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0644, size: 1, digest: DIGEST, stage: 1 } } }",
            "only packages are installed in stages"
        ),
        (
            "{ packages: debian-13/amd64 ha, size: 1, digest: DIGEST, members: { ha_1_all.deb: { mode: 0644, size: 1, digest: DIGEST, url: u, stage: 256 } } }",
            "stage 256 is out of range"
        ),
        ("{ url: u, size: 1, digest: DIGEST, verified: by me }", "'by me' does not say how the digest was verified"),
        ("{ url: u, size: 1, digest: DIGEST, verified: sha256 published at ftp://x }", "does not say how"),
        ("{ url: u, size: 1, digest: DIGEST, verified: \"signed by 0A, published at https://x\" }", "does not say how"),
    ])
    func refusesWhatIsNotWhole(entry: String, message: String) throws {
        let blob = try Digest(parsing: digest).blobPath
        let (_, report) = read(
            "payloads:\n  etcd: " + entry.replacing("DIGEST", with: digest).replacing("BLOB", with: blob))
        #expect(
            report.diagnostics.contains { $0.message.contains(message) && $0.position?.line == 2 },
            "\(report.diagnostics)")
    }

    @Test(arguments: [
        ("{ url: u, size: 1 }", "the entry has no digest"),
        ("{ url: u, size: -1, digest: DIGEST }", "a size cannot be negative"),
        ("{ url: u, size: 1, digest: sha256:abc }", "is not a digest"),
        ("{ url: u, size: 1, digest: md5:00 }", "is not a digest"),
        ("{ url: u, size: 1, digest: DIGEST, sise: 2 }", "unknown key 'sise'"),
        ("{ url: http://h/x, size: 1, digest: DIGEST }", "http: is not supported"),
        ("{ url: u, size: 1, digest: DIGEST, members: [a] }", "expected a mapping"),
        ("{ url: u, size: 1, digest: DIGEST, members: { a: { size: 1 } } }", "the member has no mode and no digest"),
        ("{ url: u, size: 1, digest: DIGEST, members: { ../a: { mode: 0755, size: 1, digest: DIGEST } } }", "\"..\""),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 4755, size: 1, digest: DIGEST } } }",
            "'4755' is not the mode of a payload's file"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0755, size: -1, digest: DIGEST } } }",
            "a size cannot be negative"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0755, size: 1, digest: abc } } }",
            "is not a digest"
        ),
    ])
    func refuses(entry: String, message: String) {
        let (_, report) = read("payloads:\n  etcd: " + entry.replacing("DIGEST", with: digest))
        #expect(report.diagnostics.contains { $0.message.contains(message) && $0.position?.line == 2 })
    }

    private func read(_ text: String) -> (Lock?, Report) {
        var report = Report()
        return (LockFile.read(SourceText(file: "t.lock", text: text), into: &report), report)
    }
}
