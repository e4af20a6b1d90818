import BuildPlan
import BundleFormat
import ClusterModel
import Diagnostics
import Foundation
import TestSupport
import TopologySpec

extension Subject {
    /// What `slipway check` does with a topology, up to the plan.
    static let yaml = Subject(
        "yaml",
        tokens: words + [
            "version: 1", "machines:", "network:", "subnet: 10.0.0.0/24", "pki:", "generations:", "payloads:", "users:",
            "role: worker", "count: 3", "address: 10.0.0.5", "epoch: 2026-11-22", "name: ", "kubernetes:", "0.0.0.0/0",
            "10.0.0.0/8", "255.255.255.255", "memory: 4GiB", "4096GiB", "lifetime: 10y", "!!binary ", "<<: *a", "&a ",
            "*a",
            "? ", "%YAML 1.2\n", "---\n", "...\n",
        ], limit: 8192,
        seeds: {
            try ["ha", "simple"].map { Array(try String(contentsOf: Repository.topology($0), encoding: .utf8).utf8) }
                + [small].map { Array($0.utf8) }
        }, reader: { TopologyReading() })

    /// A lock file; what is read of it is written and read again.
    static let lock = Subject(
        "lock",
        tokens: words + [
            "version: 1", "payloads:", "url: https://example.org/a", "file:///etc/passwd", "size: 5", "digest: ",
            "members:",
            "image: ", "packages: ", "debian-13/amd64 ", "verified: ", " published at ", "signed by ", "@",
            "_1_all.deb",
            "mode: \"0755\"", "sha256:" + String(repeating: "ab", count: 32), "../", "a/b",
        ], limit: 4096,
        seeds: {
            let digest = "sha256:" + String(repeating: "ab", count: 32)
            return [
                """
                version: 1
                payloads:
                  etcd:
                    url: https://example.org/etcd.tar.gz
                    size: 19553386
                    digest: \(digest)
                    members:
                      etcd/etcd: { mode: "0755", size: 5, digest: \(digest) }
                      etcd/etcdctl: { mode: "0644", size: 6, digest: \(digest) }
                  kubelet: { url: "file:///srv/kubelet", size: 0, digest: "\(digest)" }

                """,
                """
                version: 2
                payloads:
                  image-pause:
                    image: registry.k8s.io/pause:3.10
                    size: 5
                    digest: \(digest)
                    verified: "nobody: first use"
                    members:
                      blobs/sha256/\(digest.dropFirst(7)): { mode: "0644", size: 5, digest: \(digest) }
                  haproxy:
                    packages: debian-13/amd64 haproxy socat
                    size: 5
                    digest: \(digest)
                    verified: "signed by \(String(repeating: "0A", count: 20)), InRelease of 2026-11-14T09:12:44Z"
                    members:
                      haproxy_3.0-1_amd64.deb: { mode: "0644", size: 5, digest: \(digest), url: https://e.org/h.deb }
                  kubelet: { url: https://e.org/k, size: 1, digest: "\(digest)", verified: digest in its name }

                """, "version: 1\npayloads: {}\n",
            ].map { Array($0.utf8) }
        }, reader: { LockReading() })

    private static let words = [
        "{", "}", "[", "]", ", ", ": ", "- ", "\n", "\n  ", "\n    - ", "#", "&", "*", "!", "|", ">", "'", "\"", "%",
        "@", "`", "~",
        "\t", "\0", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{1B}[31m", "\u{202E}", "é", "\u{1F600}", "null", "true", "yes",
        "0o17",
        "0x1F", ".inf", "1_000", "\\u0000", "\\x1b",
    ]

    private static let small = """
        version: 1
        name: ha
        epoch: 2026-11-22
        network: { subnet: 10.0.0.0/24, dns: [10.0.0.1] }
        machines:
          - { name: c, role: control-plane, address: 10.0.0.31 }
          - { name: e, role: etcd, address: 10.0.0.21 }
          - { name: "w", role: worker, address: 10.0.0.41, count: 3 }

        """
}

/// Whatever a report says can be shown: something is said, in bounds, and nothing of it reaches the terminal as a command.
private func check(_ report: Report, of source: SourceText) throws(Finding) {
    let text = DiagnosticPrinter(sources: [source]).text(for: report)
    try require(report.diagnostics.isEmpty == text.isEmpty, "the report says \(text)")
    try require(text.utf8.count < 200_000, "a report of \(text.utf8.count) bytes")
    let control = text.unicodeScalars.first {
        $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7F...0x9F).contains($0.value)
    }
    try require(control == nil, "the report prints U+\(String(control?.value ?? 0, radix: 16))")
}

private func verdict(_ report: Report) -> Verdict {
    report.isFatal() ? .refused(report.diagnostics.first.map { "\($0.subject) \($0.message)" } ?? "") : .accepted
}

private final class TopologyReading: Reading {
    func read(_ input: [UInt8]) throws -> Verdict {
        let source = SourceText(file: "t.yaml", text: String(decoding: input, as: UTF8.self))
        var report = Report()
        let topology = TopologyReader.read(source, into: &report)
        try require(topology != nil || report.isFatal(), "nothing is read and nothing is said")
        if let topology, let cluster = ClusterResolver.resolve(topology, into: &report), !report.isFatal() {
            let plan = Planner.plan(cluster)
            try require(plan.machines.count == cluster.machines.count, "the plan has other machines")
        }
        try check(report, of: source)
        return verdict(report)
    }
}

private final class LockReading: Reading {
    func read(_ input: [UInt8]) throws -> Verdict {
        let source = SourceText(file: "t.lock", text: String(decoding: input, as: UTF8.self))
        var report = Report()
        let lock = LockFile.read(source, into: &report)
        try require(lock != nil || report.isFatal(), "nothing is read and nothing is said")
        if let lock, !report.isFatal() {
            let text = LockFile.text(lock, topology: "t")
            var again = Report()
            let copy = LockFile.read(SourceText(file: "u.lock", text: text), into: &again)
            try require(copy == lock, "written and read again it is another: \(text)\(again.diagnostics)")
        }
        try check(report, of: source)
        return verdict(report)
    }
}
