import Foundation
import TestSupport
import Testing

/// Independent parsers, in Python, read every artefact whose format has one.
@Suite(.needs(.python))
struct SyntaxTests {
    @Test(arguments: ["ha", "ha-full", "simple"]) func everyArtefactParses(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        let script = Repository.scripts.appendingPathComponent("parse.py").path
        let outcome = try Tool.python.run([script, bundle.tree.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        for format in ["yaml", "toml", "hcl", "json", "ini", "sh", "python"] {
            #expect(outcome.output.contains("\(format): "), "no \(format) was parsed: \(outcome.output)")
        }
    }

    @Test func theParserRefusesWhatIsWrong() throws {
        let directory = try Scratch()
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

    /// Programs as they lie in templates/programs, and those that are rendered.
    @Test(.needs(.shellcheck)) func shellcheckFindsNothingInAnyShellProgram() throws {
        let bundle = try BuiltBundle.ha.get()
        let programs = Repository.templates.appendingPathComponent("programs").path
        let files =
            try FileManager.default.contentsOfDirectory(atPath: programs).sorted().map { "\(programs)/\($0)" }
            + bundle.files { $0.contains("/usr/local/") || $0.hasSuffix("/etc/profile.d/slipway.sh") }
        let scripts = try files.filter { file in
            let text = try String(contentsOfFile: file, encoding: .utf8)
            return text.hasPrefix("#!/bin/sh") || file.hasSuffix(".sh")
        }
        for name in ["apply", "slipway-addons", "etcdctl-cluster", "slipway.sh"] {
            #expect(scripts.contains { $0.hasSuffix("/\(name)") }, "\(name) was not found")
        }
        for script in scripts {
            let outcome = try Tool.shellcheck.run([
                "--shell=sh", "--enable=all", "--exclude=SC2250,SC2310,SC2312", script,
            ])
            #expect(outcome.status == 0, "\(outcome.transcript)")
        }
        let directory = try Scratch()
        let wrong = try directory.write("#!/bin/sh\nrm $1\n", to: "wrong")
        #expect(try Tool.shellcheck.run([wrong]).status == 1, "shellcheck judges nothing")
    }

    @Test func everyDocumentOfTheBundleParses() throws {
        let bundle = try BuiltBundle.ha.get()
        let documents = try OCI.layers(of: bundle.layout).filter { $0.mediaType.hasSuffix("+json") }
        #expect(documents.compactMap(\.title).sorted() == ["launch.json", "provenance.intoto.json", "sbom.spdx.json"])
        let directory = try Scratch()
        for document in documents {
            let text = try String(contentsOf: OCI.blob(document, in: bundle.layout), encoding: .utf8)
            try directory.write(text, to: document.title ?? "")
        }
        let script = Repository.scripts.appendingPathComponent("parse.py").path
        let outcome = try Tool.python.run([script, directory.url.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }
}
