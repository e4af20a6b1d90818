import Foundation
import TestSupport
import Testing

/// `slipway graph`: that what is drawn is what the machines are given, and that other programs read it.
@Suite("the cluster as a picture")
struct GraphTests {
    private static func graph(_ topology: String, _ format: String) throws -> String {
        try Slipway.output(["graph", Repository.topology(topology).path, "--format", format])
    }

    @Test(
        "each connection is one that the plan has: the caller's certificate, and a port that the other end's files name"
    )
    func connections() throws {
        let plan = try CertificateFile.plan(of: "ha")
        let scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("secret")])
        let made = try Slipway.output([
            "bundle", Repository.topology("ha").path, "--secrets", scratch.file("secret"), "--templates",
            Repository.templates.path, "--out", scratch.file("out"), "--format", "json",
        ])
        struct Built: Decodable { let path: String }
        let bundle = try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
        try Slipway.output(["extract", bundle, scratch.file("tree")])
        // One machine of each role stands for it.
        let machines = [
            "load_balancer": "haproxy", "vault": "vault", "jump": "jump", "etcd": "etcd-1", "control_plane": "master-1",
            "worker": "worker-1",
        ]
        let pattern = /^  (\w+) -->\|"(\d+), (?:certificate ([\w-]+)|.*)"\| (\w+)$/
        var looked = 0
        for line in try Self.graph("ha", "mermaid").split(separator: "\n") {
            guard let match = try pattern.wholeMatch(in: line) else { continue }
            let (from, port, kind, to) = (String(match.1), String(match.2), match.3.map(String.init), String(match.4))
            if let kind, from != "operator" {
                let machine = try #require(machines[from])
                let holder = try #require(plan.machines.first { $0.name == machine })
                #expect(holder.certificates.contains { $0.kind == kind }, "\(line)")
            }
            guard port != "22" else { continue }
            let tree = scratch.file("tree/\(try #require(machines[to]))")
            let grep = try Tool.run("grep", ["-rqwE", "\(port)", tree])
            // kubelets listen where upstream's default is.
            #expect(grep.status == 0 || port == "10250", "\(line)")
            looked += 1
        }
        #expect(looked == 10)
    }

    @Test("the picture is XML, the same each time, loads nothing, and says everything in words too", .needs("python3"))
    func svg() throws {
        for topology in ["ha", "simple"] {
            let text = try Self.graph(topology, "svg")
            #expect(try Self.graph(topology, "svg") == text)
            for word in ["<script", "href", "@import", "<image", "<foreignObject"] { #expect(!text.contains(word)) }
            let scratch = try Scratch()
            let file = try scratch.write("a.svg", text)
            try PageJudge.expect(file)
            let judged = try Tool("python3").run([
                "-c",
                """
                import sys, xml.etree.ElementTree as ET
                root = ET.parse(sys.argv[1]).getroot()
                ns = "{http://www.w3.org/2000/svg}"
                _, _, width, height = map(float, root.get("viewBox").split())
                boxes = [e for e in root.iter(ns + "rect") if e.get("class") == "box"]
                rects = [tuple(float(e.get(k)) for k in ("x", "y", "width", "height")) for e in boxes]
                for i, (x, y, w, h) in enumerate(rects):
                    assert x >= 0 and x + w <= width and y + h <= height
                    for a, b, c, d in rects[:i]:
                        assert x >= a + c or a >= x + w or y >= b + d or b >= y + h, "boxes overlap"
                arrows = [e for e in root.iter(ns + "path") if e.get("class") == "arrow"]
                badges = [e for e in root.iter(ns + "circle") if e.get("class") == "badge"]
                notes = [e for e in root.iter(ns + "text") if e.get("class") == "note"]
                numbers = [n[0].text for n in notes if n[0].text and n[0].text.isdigit()]
                assert len(arrows) == len(badges) == len(numbers) > 5, (len(arrows), len(numbers))
                """, file,
            ])
            #expect(judged.status == 0, "\(topology): \(judged.transcript)")
        }
    }

    @Test("a thousand workers are a few lines, in all formats") func thousand() throws {
        let scratch = try Scratch()
        let topology = try scratch.write("many.yaml", Repository.thousandWorkers)
        for format in ["svg", "mermaid", "dot"] {
            let text = try Slipway.output(["graph", topology, "--format", format])
            #expect(text.utf8.count < 12_000, "\(format): \(text.utf8.count)")
            #expect(text.contains("and 997 more") && text.contains("worker (1000)"), "\(text)")
        }
    }
}
