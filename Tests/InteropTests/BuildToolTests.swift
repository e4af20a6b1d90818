import Foundation
import TestSupport
import Testing

/// `slipway bundle` as a step of a build: from any directory, with a fixed name, and again exactly when something changed.
@Suite struct BuildToolTests {
    private let scratch: Scratch

    /// A project of its own with characters in its paths that Make and Ninja know as something else.
    init() throws {
        scratch = try Scratch()
        let topology = try String(contentsOf: Repository.topology("simple"), encoding: .utf8)
        try scratch.write("my $ite #1/cluster.yaml", topology)
        try scratch.write("my $ite #1/cluster.lock", "version: 2\npayloads: {}\n")
        try Slipway.output(["secrets", "new", scratch.file("my $ite #1/cluster.secret")])
    }

    private func digests(_ options: String...) throws -> [String] {
        let arguments = ["bundle", "my $ite #1/cluster.yaml", "--format", "json"] + options
        let outcome = try Slipway.run(arguments, in: scratch.url)
        try #require(outcome.status == 0, "\(outcome.transcript)")
        let built = try JSONDecoder().decode(Built.self, from: Data(outcome.output.utf8))
        return [built.publicDigest, built.bundleDigest]
    }

    private struct Built: Decodable { let publicDigest, bundleDigest: String }

    @Test func theBundleIsTheSameWithTheTemplatesInsideAndOutside() throws {
        let inside = try digests()
        #expect(try digests("--templates", Repository.templates.path) == inside)
        let outcome = try Slipway.run(["templates", "export", "mine"], in: scratch.url)
        #expect(outcome.status == 0 && outcome.output == "mine\n", "\(outcome.transcript)")
        #expect(try digests("--templates", "mine") == inside)
        // And a directory that is named wins.
        let unit = try scratch.read("mine/etcd/etcd.service")
        try scratch.write("mine/etcd/etcd.service", unit + "# mine\n")
        #expect(try digests("--templates", "mine")[0] != inside[0])
        let again = try Slipway.run(["templates", "export", "mine"], in: scratch.url)
        #expect(again.status == 1 && again.errors.contains("mine exists already"), "\(again.transcript)")
    }

    /// The link leads to the last bundle, and nothing that somebody put there is lost.
    @Test func theFixedNameIsALinkToTheLastBundle() throws {
        _ = try digests()
        let link = scratch.file("out/simple.tar")
        let first = try FileManager.default.destinationOfSymbolicLink(atPath: link)
        try scratch.write("my $ite #1/cluster.lock", "version: 2\n# again\npayloads: {}\n")
        _ = try digests()
        let second = try FileManager.default.destinationOfSymbolicLink(atPath: link)
        #expect(first != second && scratch.exists("out/\(first)") && !second.contains("/"))
        #expect(try Slipway.run(["verify", link]).status == 0)
        #expect(try scratch.names("out") == ["simple.tar", first, second].sorted())

        try scratch.remove("out/simple.tar")
        try scratch.write("out/simple.tar", "somebody's")
        let refused = try Slipway.run(["bundle", "my $ite #1/cluster.yaml"], in: scratch.url)
        #expect(refused.status != 0 && refused.errors.contains("move it away"), "\(refused.transcript)")
        #expect(try scratch.read("out/simple.tar") == "somebody's")
    }

    enum BuildTool: String, CaseIterable { case make, ninja }

    @Test(.needs("make", "ninja"), arguments: BuildTool.allCases)
    func aBuildToolBuildsAgainExactlyWhenSomethingChanged(tool: BuildTool) throws {
        try Slipway.output(["templates", "export", scratch.file("t")])
        // Each build leaves a mark, and nothing else tells whether there was one.
        let command =
            "echo >>built && \(Repository.slipway.path) bundle 'my $$ite #1/cluster.yaml' "
            + "--templates t --depfile out/cluster.d 2>log"
        try scratch.write("Makefile", "out/simple.tar:\n\t\(command)\n-include out/cluster.d\n")
        try scratch.write(
            "build.ninja",
            """
            rule bundle
              command = \(command)
              depfile = out/cluster.d
              deps = gcc
            build out/simple.tar: bundle

            """)
        func builds() throws -> Int {
            try? scratch.remove("built")
            let outcome = try Tool(tool.rawValue).run(tool == .make ? ["out/simple.tar"] : [], in: scratch.url)
            #expect(outcome.status == 0, "\(outcome.transcript)\((try? scratch.read("log")) ?? "")")
            return scratch.exists("built") ? try scratch.read("built").count : 0
        }
        /// As an editor would: later than the bundle, whatever the file system's resolution.
        func change(_ name: String, _ text: String, secondsLater: Double) throws {
            try scratch.write(name, Array(((try? scratch.read(name)) ?? "").utf8) + Array(text.utf8))
            try later(name, secondsLater)
        }
        func later(_ name: String, _ seconds: Double) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date.now.addingTimeInterval(seconds)], ofItemAtPath: scratch.file(name))
        }
        /// Whatever was changed gets a time before now, so that only the next change is later than the bundle.
        func settle(_ name: String) throws { try later(name, -100) }

        #expect(try builds() == 1)
        #expect(try builds() == 0)
        for name in ["my $ite #1/cluster.yaml", "my $ite #1/cluster.lock", "t/etcd/etcd.service"] {
            try change(name, "# changed\n", secondsLater: 5)
            #expect(try builds() == 1, "\(name)")
            try settle(name)
            #expect(try builds() == 0, "\(name)")
        }
        try later("my $ite #1/cluster.secret", 5)
        #expect(try builds() == 1)
        try settle("my $ite #1/cluster.secret")

        // A template that comes, and one that goes.
        try change("t/etcd/new.conf", "new\n", secondsLater: -100)
        try later("t/etcd", 5)
        #expect(try builds() == 1)
        try settle("t/etcd")
        #expect(try builds() == 0)
        try scratch.remove("t/etcd/new.conf")
        try later("t/etcd", 5)
        #expect(try builds() == 1)
        try settle("t/etcd")
        #expect(try builds() == 0)

        // What is no part of it; who saves in a new file changes the directory, too, in which a template may have come.
        try change("my $ite #1/notes.txt", "x", secondsLater: 5)
        try change("t/README.md", "x", secondsLater: 5)
        try settle("t")
        #expect(try builds() == 0)
    }
}
