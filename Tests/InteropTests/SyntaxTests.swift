import Foundation
import Testing

/// Independent parsers, in Python, read every artefact whose format has one.
@Suite(.needs(.python))
struct SyntaxTests {
    @Test(arguments: ["ha", "simple"]) func everyArtefactParses(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        let script = Repository.scripts.appendingPathComponent("parse.py").path
        let outcome = try Tool.python.run([script, bundle.tree.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        for format in ["yaml", "toml", "hcl", "json", "ini", "sh", "python"] {
            #expect(outcome.output.contains("\(format): "), "no \(format) was parsed: \(outcome.output)")
        }
    }

    @Test func theParserRefusesWhatIsWrong() throws {
        let directory = try TemporaryDirectory()
        let wrong = [
            "a.yaml": "a: 1\na: 2\n", "b.json": "{\"a\": 1, \"a\": 2}", "c.toml": "a = ", "d.hcl": "a {",
            "e.unknown": "",
        ]
        for (name, text) in wrong { try directory.write(text, to: name) }
        let script = Repository.scripts.appendingPathComponent("parse.py").path
        let outcome = try Tool.python.run([script, directory.url.path])
        #expect(outcome.status == 1)
        for name in wrong.keys { #expect(outcome.output.contains(name), "\(name) was accepted: \(outcome.output)") }
    }

    @Test func everyDocumentOfTheBundleParses() throws {
        let bundle = try BuiltBundle.ha.get()
        let documents = try OCI.layers(of: bundle.layout).filter { $0.mediaType.hasSuffix("+json") }
        #expect(documents.compactMap(\.title).sorted() == ["launch.json", "sbom.spdx.json"])
        let directory = try TemporaryDirectory()
        for document in documents {
            let text = try String(contentsOf: OCI.blob(document, in: bundle.layout), encoding: .utf8)
            try directory.write(text, to: document.title ?? "")
        }
        let script = Repository.scripts.appendingPathComponent("parse.py").path
        let outcome = try Tool.python.run([script, directory.url.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }
}
