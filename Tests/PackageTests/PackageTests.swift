import Foundation
import TestSupport
import Testing

/// The Debian package that `make deb` makes, installed where neither it nor Swift nor a network has ever been.
///
/// `make package-test` runs this: the package holds the release's program, which no other test needs.
@Suite(.serialized, .needs(missing: PackageNeeds.missing, advice: "run: make package-test"))
struct PackageTests {
    private let scratch: Scratch
    private let package: String

    init() throws {
        scratch = try Scratch()
        package = try #require(PackageNeeds.package)
    }

    @Test func itIsMadeOfTheSameBytesAgain() throws {
        let script = Repository.root.appendingPathComponent("scripts/deb").path
        let programs = [".build/release/slipway", ".build/guest/slipway-apply"].map {
            Repository.root.appendingPathComponent($0).path
        }
        let outcome = try Child.run(
            [script] + programs + [scratch.path], environment: ["LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"])
        let again = outcome.output.trimmingCharacters(in: .newlines)
        #expect(outcome.status == 0 && (again as NSString).lastPathComponent == (package as NSString).lastPathComponent)
        #expect(FileManager.default.contentsEqual(atPath: again, andPath: package), "\(outcome.transcript)")
    }

    /// apt finds everything that it depends on, dpkg has every file as the package says, and nothing stays behind.
    @Test func inACleanTreeItBundlesFromAnEmptyDirectory() throws {
        let tree = scratch.file("tree")
        try inTree("cp -a \(PackageNeeds.tree) \(tree) && cp \(package) \(tree)/slipway.deb", root: nil)
        let before = scratch.files(below: "tree/usr")
        #expect(!before.contains { $0.hasSuffix("/swift") || $0.contains("libswift") || $0.contains("libarchive") })

        try inTree(
            "apt-get -qqy -o APT::Sandbox::User=root install /slipway.deb && dpkg --verify slipway",
            root: tree)
        let bundled = try inTree(
            """
            mkdir /empty && cd /empty
            slipway init ha --subnet 10.7.0.0/24 --memory 64GiB --architecture amd64
            slipway secrets new ha.secret
            slipway bundle ha.yaml --format json
            slipway verify out/ha.tar >&2
            slipway lock ha.yaml slipway-apply --from /usr/lib/slipway >&2
            """, root: tree)
        // The same inputs make the same bundle here, with the program of these tests.
        try scratch.copy("tree/empty", to: "here")
        try scratch.remove("here/ha.lock")
        let line = try #require(bundled.split(separator: "\n").last)
        let here = try Child.run(
            [Repository.slipway.path, "bundle", "ha.yaml", "--format", "json"],
            in: scratch.url.appendingPathComponent("here"))
        #expect(here.output == line + "\n", "\(here.transcript)")
        let lock = try scratch.read("tree/empty/ha.lock")
        #expect(lock.contains("slipway-apply:") && lock.contains("/usr/lib/slipway/slipway-apply"), "\(lock)")

        // Every command has its page, and completions are where Debian's shells look for them.
        let installed = try inTree("dpkg -L slipway", root: tree).split(separator: "\n").map(String.init)
        for file in [
            "/usr/bin/slipway", "/usr/lib/slipway/slipway-apply", "/usr/share/man/man1/slipway.1.gz",
            "/usr/share/man/man1/slipway-up.1.gz", "/usr/share/bash-completion/completions/slipway",
            "/usr/share/zsh/vendor-completions/_slipway", "/usr/share/fish/vendor_completions.d/slipway.fish",
            "/usr/share/doc/slipway/copyright", "/usr/share/doc/slipway/changelog.gz",
        ] { #expect(installed.contains(file), "\(file)") }

        try inTree("dpkg --purge slipway && rm -r /empty", root: tree)
        let after = scratch.files(below: "tree").filter { $0.contains("slipway") && $0 != "slipway.deb" }
        #expect(after.allSatisfy { $0.hasPrefix("var/") || $0.hasPrefix("root/") }, "\(after)")
    }

    /// Runs a script without a network, in a tree as its root where one is given, with nothing of this environment.
    @discardableResult
    private func inTree(_ script: String, root: String?) throws -> String {
        let environment =
            ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]
            + ["DEBIAN_FRONTEND=noninteractive"]
        // Swift reads the arguments from /proc.
        let enter = root.map { ["/bin/sh", "-ec", "mount -t proc proc $0/proc; exec chroot $0 \"$@\"", $0] } ?? []
        let outcome = try Child.run(
            ["/usr/bin/unshare", "--net", "--mount", "--propagation", "private"] + enter + environment
                + ["/bin/sh", "-ec", script])
        try #require(outcome.status == 0, "\(script)\n\(outcome.transcript)")
        return outcome.output
    }
}

/// What `make package-test` makes first.
private enum PackageNeeds {
    static let tree = Repository.root.appendingPathComponent("out/clean/tree").path
    static let package: String? = {
        let directory = Repository.root.appendingPathComponent("out").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix("slipway_") && $0.hasSuffix(".deb") }.max().map { "\(directory)/\($0)" }
    }()
    static var missing: [String] {
        ConditionTrait.notRoot + (package == nil ? ["the Debian package"] : [])
            + (FileManager.default.fileExists(atPath: tree) ? [] : ["a clean Debian tree"])
    }
}
