import Foundation
import TestSupport
import Testing

/// `slipway report`: that the page is whole, alone, readable by a program that reads pages to people, and holds no secret.
@Suite("a bundle as a page", .serialized, .needs("python3"))
struct ReportTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("secret")])
    }

    private func build(_ topology: String, _ out: String) throws -> String {
        let made = try Slipway.output([
            "bundle", topology, "--secrets", scratch.file("secret"), "--templates", Repository.templates.path, "--out",
            scratch.file(out), "--format", "json",
        ])
        struct Built: Decodable { let path: String }
        return try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
    }

    /// The text that the page shows, when it is one that everybody can read.
    private func judged(_ page: String) throws -> String {
        let words = try PageJudge.expect(page)
        let html = try String(contentsOfFile: page, encoding: .utf8)
        for tag in ["<nav ", "<details>", "<svg ", "<table>"] { #expect(html.contains(tag)) }
        return words
    }

    @Test("every open file is in it, as cat shows it, and nothing of a secret one; certificates, payloads, materials")
    func whole() throws {
        let bundle = try build(Repository.topology("ha").path, "out")
        let page = scratch.file("ha.html")
        try Slipway.output(["report", bundle, "-o", page])
        let text = try judged(page)
        try PageJudge.findsFaults(in: page)
        try Slipway.output(["extract", bundle, scratch.file("tree")])
        struct Machine: Decodable {
            struct File: Decodable { let path, exposure: String }
            let files: [File]
        }
        for name in ["haproxy", "vault", "jump", "etcd-1", "master-1", "worker-1"] {
            let listed = try Slipway.output(["inspect", bundle, "--machine", name, "--format", "json"])
            for file in try JSONDecoder().decode(Machine.self, from: Data(listed.utf8)).files {
                let content = try Slipway.output(["cat", bundle, "\(name):\(file.path)"])
                #expect(text.contains(file.path))
                switch file.exposure {
                case "open": #expect(text.contains(content), "\(name):\(file.path)")
                case "secret":
                    // Lines that no other file has: the key itself.
                    for line in content.split(separator: "\n")
                    where line.count > 40 && !line.contains("certificate-authority") {
                        let isKey = line.contains("key-data") || !line.contains(" ")
                        if isKey { #expect(!text.contains(line), "\(name):\(file.path)") }
                    }
                default: break
                }
            }
        }
        for word in ["BEGIN PRIVATE KEY", "BEGIN EC PRIVATE KEY", "BEGIN OPENSSH PRIVATE KEY", "client-key-data: L"] {
            #expect(!text.contains(word), "\(word)")
        }
        for word in ["ha etcd-peers CA", "kube-apiserver", "BUSL-1.1", "not pinned", "etcd-1:/etc/etcd/pki/server.crt"]
        {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test("what is different from an earlier bundle stands in it") func since() throws {
        let text = try String(contentsOf: Repository.topology("simple"), encoding: .utf8)
        let old = try build(try scratch.write("simple.yaml", text), "old")
        try scratch.write("simple.yaml", text + "\n# and later\n")
        let same = try build(scratch.file("simple.yaml"), "new")
        let page = scratch.file("change.html")
        try Slipway.output(["report", same, "--since", old, "-o", page])
        #expect(try judged(page).contains("Nothing is different."))
        try scratch.write("simple.yaml", text.replacing("epoch: 2026", with: "epoch: 2027"))
        let new = try build(scratch.file("simple.yaml"), "new")
        try Slipway.output(["report", new, "--since", old, "-o", page])
        let shown = try judged(page)
        #expect(shown.contains("epoch: 2026-") && shown.contains(": valid: 2026-"), "no difference is shown")
    }

    @Test("of a thousand workers it stays below 5 MB") func thousand() throws {
        let topology = try scratch.write("many.yaml", Repository.thousandWorkers)
        let bundle = try build(topology, "out")
        let page = scratch.file("many.html")
        try Slipway.output(["report", bundle, "-o", page])
        #expect(try judged(page).contains("worker-1000"))
        let size = try FileManager.default.attributesOfItem(atPath: page)[.size] as? Int
        #expect(try #require(size) < 5_000_000)
    }
}
