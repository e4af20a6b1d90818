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

    /// Headings in order without gaps, columns with a scope, links that lead somewhere, one main, a language; nothing that is loaded
    /// or run; what scrolls can be reached by key. Prints the text that the page shows.
    private static let judge = """
        import sys
        from html.parser import HTMLParser
        class Page(HTMLParser):
            void = {"meta", "link", "br", "hr", "img", "input"}
            def __init__(self):
                super().__init__()
                self.stack, self.ids, self.links, self.level, self.text, self.seen = [], set(), [], 0, [], set()
            def handle_starttag(self, tag, attributes):
                a = dict(attributes)
                self.seen.add(tag)
                assert tag not in {"script", "link", "img", "iframe", "object", "base", "form"}, tag
                for name in a: assert not name.startswith("on") and name not in {"src", "srcset", "action"}, name
                if "id" in a:
                    assert a["id"] not in self.ids, "twice: " + a["id"]
                    self.ids.add(a["id"])
                if tag == "a": self.links.append(a["href"])
                if tag == "html": assert a.get("lang")
                if tag == "th": assert a.get("scope") == "col"
                if tag == "pre" or a.get("class") == "wide": assert a.get("tabindex") == "0", tag
                if tag == "svg": assert a.get("role") == "img" and a.get("aria-labelledby")
                if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
                    assert int(tag[1]) <= self.level + 1, (tag, self.level)
                    self.level = int(tag[1])
                if tag not in self.void: self.stack.append(tag)
            def handle_startendtag(self, tag, attributes):
                self.handle_starttag(tag, attributes)
                self.stack.pop()
            def handle_endtag(self, tag):
                assert self.stack and self.stack[-1] == tag, (tag, self.stack[-3:])
                self.stack.pop()
            def handle_data(self, data):
                if "style" not in self.stack: self.text.append(data)
        text = open(sys.argv[1], encoding="utf-8", newline="").read()
        page = Page()
        page.feed(text)
        page.close()
        assert not page.stack and {"main", "nav", "h1", "svg", "details", "table"} <= page.seen
        for link in page.links:
            assert link[1:] in page.ids if link.startswith("#") else link.startswith("https://"), link
        style = text[text.index("<style>"):text.index("</style>")]
        assert "url(" not in style and "@import" not in style
        sys.stdout.write("".join(page.text))
        """

    private func judged(_ page: String) throws -> String {
        let outcome = try Tool("python3").run(["-c", Self.judge, page])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test("every open file is in it, as cat shows it, and nothing of a secret one; certificates, payloads, materials")
    func whole() throws {
        let bundle = try build(Repository.topology("ha").path, "out")
        let page = scratch.file("ha.html")
        try Slipway.output(["report", bundle, "-o", page])
        let text = try judged(page)
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
