import Foundation
import TestSupport
import Testing

/// Every payload of the default cluster in one run, from stand-ins for all who are asked (Scripts/upstream.py), in a network namespace that
/// has nothing but them: names are resolved and certificates checked as on any computer.
@Suite(
    .needsRoot(Tool("unshare"), Tool("python3"), .openssl, Tool("gpg"), Tool("gpgv"), Tool("dpkg-deb"), Tool("curl")))
struct WholeClusterTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("ha.yaml", try String(contentsOf: Repository.topology("ha"), encoding: .utf8))
        // As `make applier ARCH=arm64` leaves it: a program for AArch64.
        let header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, 183, 0]
        try scratch.write("slipway-apply", header + [UInt8](repeating: 1, count: 1000))
    }

    private struct Step {
        let status: String
        let text: String
        /// How much the stand-ins had been asked when it ended.
        let asked: String
    }

    /// Runs commands of a shell, `slipway` among them, one after another in the namespace.
    private func run(_ commands: [String]) throws -> [Step] {
        let script = """
            ip link set lo up; mkdir upstream
            python3 '\(Repository.root.path)/Tests/InteropTests/Scripts/upstream.py' upstream >listening &
            for _ in $(seq 300); do grep -qs listening listening && break; sleep 0.1; done
            mount --bind upstream/hosts /etc/hosts
            slipway() { '\(Repository.slipway.path)' "$@"; }
            """
        let steps = commands.enumerated().map { number, command in
            "(\(command)) >\(number).text 2>&1; echo $? >\(number).status; wc -l <upstream/log >\(number).asked"
        }
        let outcome = try Child.run(
            ["unshare", "--net", "--mount", "bash", "-c", ([script] + steps).joined(separator: "\n")],
            in: scratch.url,
            environment: [
                "CURL_CA_BUNDLE": scratch.file("upstream/ca.pem"), "no_proxy": "*", "NO_PROXY": "*",
                "HOME": scratch.path, "XDG_DATA_HOME": scratch.file("data"), "XDG_CONFIG_HOME": scratch.file("config"),
            ], limit: .seconds(180))
        #expect(outcome.errors == "")
        return try commands.indices.map { number in
            func read(_ kind: String) throws -> String {
                try scratch.read("\(number).\(kind)").trimmingCharacters(in: .whitespacesAndNewlines)
            }
            return Step(status: try read("status"), text: try read("text"), asked: try read("asked"))
        }
    }

    @Test func everythingIsLockedInOneRunAndAskedForOnce() throws {
        let keyring = "--keyring upstream/keys.gpg"
        let steps = try run([
            "slipway lock ha.yaml --set slipway-apply=slipway-apply \(keyring)",
            "slipway fetch ha.yaml",
            "slipway lock ha.yaml \(keyring)",
            "slipway secrets new secret && slipway bundle ha.yaml --secrets secret --templates '\(Repository.root.path)/templates' --out out",
            "slipway depot out/ha-*.tar depot.iso",
            "kill %1; slipway fetch ha.yaml && slipway store verify",
        ])
        for step in steps { #expect(step.status == "0", "\(step.text)") }
        let (lock, fetch, again, bundle) = (steps[0], steps[1], steps[2], steps[3])
        #expect(lock.text.contains("next: slipway fetch ha.yaml"), "\(lock.text)")
        #expect(fetch.text.contains("of them were there already"), "\(fetch.text)")
        #expect(again.text.contains(" 0 changed"), "\(again.text)")
        #expect(!bundle.text.contains("machines will wait"), "\(bundle.text)")
        // A second fetch asks nobody, nor does anything behind it; the last one could not, since nobody listens any more.
        #expect((Int(lock.asked) ?? 0) > 40 && steps.allSatisfy { $0.asked == lock.asked }, "\(steps.map(\.asked))")

        let pinned = try scratch.read("ha.lock")
        let ways = pinned.split(separator: "\n").filter { $0.hasPrefix("    verified:") }
        #expect(ways.count == pinned.split(separator: "\n").count { $0.hasPrefix("    digest:") })
        func payloads(_ way: String) -> Int { ways.count { $0.contains(way) } }
        // Six programs of Kubernetes, etcd, containerd, runc; Vault and the image have signed lists, packages a signed archive.
        #expect(payloads("sha256 published at https://") == 9)
        #expect(payloads(", published at https://releases.hashicorp.com/") == 1)
        #expect(payloads(", published at https://cloud-images.ubuntu.com/") == 1)
        #expect(payloads(", InRelease of ") >= 1)
        #expect(pinned.contains("liblua5.4-0_5.4.6_arm64.deb"), "what haproxy needs is in its closure")
        #expect(!pinned.contains("libc6_"), "what the base image has is not")
    }
}
