import Foundation
import TestSupport
import Testing

/// The way of somebody who begins, at a terminal of 80 columns: the whole screen as it was read. `SLIPWAY_RECORD=1` writes it down anew, and the
/// run fails.
@Suite(.needs(.python)) struct BeginningTests {
    private static let golden = Repository.root.appendingPathComponent("Tests/InteropTests/Fixtures/terminal.txt")

    /// With two mistakes on the way.
    private static let commands = """
        slipway init lab --control-planes 2 --workers 2 --etcd 3 --memory 16GiB --subnet 10.7.0.0/24 --architecture amd64
        slipway check lab.yaml
        slipway secrets new lab.secret
        sed -i '/role: worker/s/count: 2/count: two/' lab.yaml
        slipway bundle lab.yaml
        sed -i '/role: worker/s/count: two/count: 2/' lab.yaml
        slipway bundle lab.yaml
        slipway explain out/lab.tar etcd-1:/etc/etcd/etcd.conf.yml:5
        sed -i '/role: worker/s/cpus: 2/cpus: 4/' lab.yaml
        slipway bundle lab.yaml --output new
        slipway bundle lab.yaml --out new
        slipway diff out/lab.tar new/lab.tar
        """

    /// Digests and days are others each time.
    private static func withoutChance(_ screen: String) -> String {
        var text = screen.replacing(/20[0-9]{2}-[01][0-9]-[0-3][0-9]/, with: "YYYY-MM-DD")
        for match in text.matches(of: /[0-9a-f]{12,}/).reversed() {
            text.replaceSubrange(match.range, with: String(repeating: "x", count: match.output.count))
        }
        return text
    }

    @Test func theScreenIsAsItWasRead() throws {
        let scratch = try Scratch()
        let script = Repository.scripts.appendingPathComponent("terminal.py").path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let outcome = try Tool.python.run(
            [script, "80"], in: scratch.url,
            environment: [
                "PATH": "\(Repository.slipway.deletingLastPathComponent().path):\(path)", "TERM": "xterm-256color",
                "NO_COLOR": "", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "",
            ], input: Self.commands)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let screen = Self.withoutChance(outcome.output)
        if ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1" {
            try Data(screen.utf8).write(to: Self.golden)
            Issue.record("recorded the screen; read it")
        } else {
            #expect(screen == (try String(contentsOf: Self.golden, encoding: .utf8)), "\(screen)")
        }
    }
}
