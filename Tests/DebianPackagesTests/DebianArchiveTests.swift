import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing
import Values

@testable import DebianPackages

/// Debian's real archive, from where this machine's apt has it; and apt as the judge of closures.
@Suite(.serialized, .needs("apt-get", "curl", "gpgv"), .needs(missing: DebianMirror.missing))
struct DebianArchiveTests {
    private static let names = ["haproxy", "keepalived", "ansible-core"]

    /// Each closure as apt resolves it for the lab's tree; the indices come from the cache the second time.
    @Test(.needs(missing: DebianMirror.missingTree, advice: "sudo Tests/lab-image makes it"))
    func aptResolvesTheSame() throws {
        let scratch = try Scratch()
        let status = try Data(contentsOf: URL(fileURLWithPath: DebianMirror.treeStatus))
        let catalogue = try DebianMirror.load(cache: scratch.filePath("cache"))
        let apt = try PrivateApt(in: scratch, status: DebianMirror.treeStatus)
        var times: [Duration] = []
        for name in Self.names {
            let expected = try apt.closure(of: name)
            try #require(!expected.isEmpty, "apt would install nothing for \(name)")
            var found: [String] = []
            times.append(
                try ContinuousClock().measure {
                    found = try PackageResolver(catalogue, base: .status(Array(status))).closure(of: [name]).map {
                        "\($0.package.name) \($0.package.version)"
                    }
                })
            #expect(found == expected, "\(name)")
        }
        let again = try ContinuousClock().measure {
            let catalogue = try DebianMirror.load(cache: scratch.filePath("cache"))
            _ = try PackageResolver(catalogue, base: .status(Array(status))).closure(of: ["ansible-core"])
        }
        print(
            "resolved \(Self.names) in \(times); ansible-core with releases asked for and indices read anew: \(again)")
    }

    /// Without a list of the image, and for the other architecture: everything is had from the index and has an address.
    @Test func withoutATree() throws {
        let scratch = try Scratch()
        let catalogue = try DebianMirror.load(.arm64, cache: scratch.filePath("cache"))
        let found = try PackageResolver(catalogue, base: .priority(.standard)).closure(of: ["haproxy"])
        let names = found.map(\.package.name)
        #expect(names.contains("haproxy"))
        #expect(!names.contains("libc6") && !names.contains("dpkg"))
        for package in found {
            #expect(package.address.hasSuffix(".deb") && package.file.size > 0)
            #expect(["arm64", "all"].contains(package.package.architecture))
        }
        #expect(catalogue.releases.map(\.fingerprint.utf8.count) == [40])
    }

    /// A suite that has its index by xz alone.
    @Test func whatWasUpdatedSince() throws {
        let scratch = try Scratch()
        let suite = PackageArchive.Suite(
            "trixie-updates", at: try #require(DebianMirror.address), components: ["main"])
        let archive = PackageArchive(Distribution(.debian13, .amd64), suites: [suite])
        let catalogue = try PackageCatalogue.load(
            archive, freshness: .snapshot, cache: scratch.filePath("cache"),
            environment: ProcessInfo.processInfo.environment)
        #expect(catalogue.releases.map(\.suite) == [suite])
    }

    @Test func refusals() throws {
        let scratch = try Scratch()
        func load(_ suite: PackageArchive.Suite, keyring: String? = nil, now: Timestamp) throws {
            let archive = PackageArchive(
                Distribution(.debian13, .amd64), suites: [suite], keyrings: keyring.map { [$0] } ?? [])
            _ = try PackageCatalogue.load(
                archive, freshness: .current(at: now), cache: scratch.filePath("cache"),
                environment: ProcessInfo.processInfo.environment)
        }
        func refused(_ reason: String, _ body: () throws -> Void) {
            let error = #expect(throws: DebianError.self, performing: body)
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
        let suite = try #require(DebianMirror.suite)
        let now = Timestamp(secondsSince1970: Int64(Date.now.timeIntervalSince1970))
        refused("days old") { try load(suite, now: now.advanced(by: .days(3650))) }
        refused("clock") { try load(suite, now: now.advanced(by: .days(-3650))) }
        // Signed by Debian, and another suite than was asked for.
        let other = PackageArchive.Suite("trixie-updates", at: suite.address, components: ["main"])
        let renamed = PackageArchive.Suite("trixie/../\(other.name)", at: suite.address, components: ["main"])
        refused("expected trixie/..") { try load(renamed, now: now) }
        _ = try ReleaseTests.sign("key", as: "mine", in: scratch)
        refused("not in the keyring") { try load(suite, keyring: scratch.file("mine.gpg"), now: now) }

        let address = "\(suite.address)/dists/\(suite.name)/InRelease"
        let signed = try ArchiveTransfer(environment: ProcessInfo.processInfo.environment).fetch(
            address, limit: 16 << 20)
        var changed = signed
        let text = Array("Codename: trixie".utf8)
        let place = try #require(changed.indices.first { changed[$0...].starts(with: text) })
        changed[place + text.count - 1] = UInt8(ascii: "f")
        refused("changed after it was signed") {
            _ = try SignedText(
                verifying: changed, keyrings: ["/usr/share/keyrings/debian-archive-keyring.gpg"], address: address)
        }
        refused("bytes came") {
            _ = try ArchiveTransfer(environment: ProcessInfo.processInfo.environment).fetch(address, limit: 1000)
        }
        #expect(!scratch.exists("cache"))
    }
}

/// Where this machine's apt has Debian from.
enum DebianMirror {
    static let treeStatus = Repository.root.appendingPathComponent("out/lab/base/var/lib/dpkg/status").path

    static let address: String? = {
        let outcome = try? Tool("apt-get").run([
            "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian", "Component: main",
        ])
        return outcome?.output.split(separator: "\n").sorted().first.map(String.init)
    }()

    static let suite = address.map {
        PackageArchive.Suite("trixie", at: $0, components: ["main"], longestAge: .days(200))
    }

    static var missing: [String] {
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        return (address == nil ? ["a mirror of Debian in apt's configuration"] : [])
            + (FileManager.default.fileExists(atPath: keyring) ? [] : [keyring])
    }

    static var missingTree: [String] {
        FileManager.default.fileExists(atPath: treeStatus) ? [] : ["the lab's tree"]
    }

    /// As a snapshot, since that is what a mirror may be here.
    static func load(_ architecture: Architecture = .amd64, cache: FilePath) throws -> PackageCatalogue {
        let archive = PackageArchive(Distribution(.debian13, architecture), suites: [try #require(suite)])
        return try PackageCatalogue.load(
            archive, freshness: .snapshot, cache: cache, environment: ProcessInfo.processInfo.environment)
    }
}

/// An apt with directories of its own, that knows Debian 13 and a list of installed packages; nothing is ever installed.
private struct PrivateApt {
    let environment: [String: String]

    init(in scratch: Scratch, status: String) throws {
        let address = try #require(DebianMirror.address)
        for name in ["state/lists/partial", "cache/archives/partial", "parts"] {
            try FileManager.default.createDirectory(
                atPath: scratch.file("apt/\(name)"), withIntermediateDirectories: true)
        }
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        try scratch.write("apt/sources.list", "deb [signed-by=\(keyring) arch=amd64] \(address) trixie main\n")
        try scratch.write(
            "apt/apt.conf",
            """
            Dir::State "\(scratch.file("apt/state"))";
            Dir::State::status "\(status)";
            Dir::Cache "\(scratch.file("apt/cache"))";
            Dir::Etc::sourcelist "\(scratch.file("apt/sources.list"))";
            Dir::Etc::sourceparts "\(scratch.file("apt/parts"))";
            Dir::Etc::preferencesparts "\(scratch.file("apt/parts"))";
            APT::Architecture "amd64";
            APT::Architectures { "amd64"; };
            APT::Install-Recommends "false";
            APT::Sandbox::User "root";
            Acquire::Languages "none";

            """)
        environment = ["APT_CONFIG": scratch.file("apt/apt.conf"), "LC_ALL": "C"]
        let outcome = try Tool("apt-get").run(["-qq", "update"], environment: environment, limit: .seconds(120))
        try #require(outcome.status == 0, "\(outcome.transcript)")
    }

    /// `NAME VERSION` of all that it would install or make newer, sorted.
    func closure(of name: String) throws -> [String] {
        let outcome = try Tool("apt-get").run(["-s", "install", name], environment: environment)
        try #require(outcome.status == 0, "\(outcome.transcript)")
        // Inst haproxy (3.0.11-1 Debian:13.8/stable [amd64]); with [3.0.10-1] before the parenthesis for one that is there.
        return outcome.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.first == "Inst", let version = words.first(where: { $0.hasPrefix("(") }) else { return nil }
            return "\(words[1]) \(version.dropFirst())"
        }.sorted()
    }
}
