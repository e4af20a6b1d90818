import Foundation
import TestSupport
import Testing

/// The report of an instance whose machines are off, and whose log was written by somebody who would like to be on the page.
@Suite("evidence") struct EvidenceTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func instance(sealedOff: Bool) throws {
        let bundle = try BuiltBundle.ha.get()
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        try scratch.write("ha/launch.json", try Slipway.output(["cat", bundle.file.path, "launch.json"]))
        try scratch.write(
            "ha/instance.json",
            """
            {"version":2,"cluster":"ha","provider":"nspawn","bundleDigest":"\(digest)","login":"k8s","complete":true,\
            "machines":[],"bootFiles":[]\(sealedOff ? ",\"sealedOff\":true" : "")}
            """)
        try scratch.write(
            "ha/evidence.json",
            """
            {"version":1,"runs":[{"began":"2026-11-22T10:00:00Z","bundleDigest":"\(digest)","publicDigest":"\(digest)",\
            "toolVersion":"0.1.0","blobs":7,"bytes":1234567,"goal":"healthy","ended":"2026-11-22T10:00:42Z",\
            "signer":{"name":"<b>m</b>@example.org","keyType":"ssh-ed25519","fingerprint":"SHA256:x"}}]}
            """)
        try scratch.write(
            "ha/attempts.json",
            """
            {"version":1,"since":"2026-11-22T10:00:01Z","until":"2026-11-22T10:05:00Z","uncounted":0,"lost":0,"gaps":[],\
            "attempts":[{"machine":"etcd-1","destination":"192.0.2.1","transport":"udp","port":53,"name":"home.example",\
            "program":"</td><script>a","unit":"x.service","account":7,"packets":3,"first":"2026-11-22T10:01:00Z",\
            "last":"2026-11-22T10:02:00Z"}]}
            """)
    }

    private func evidence(_ arguments: String...) throws -> Child.Outcome {
        try Slipway.run(["evidence", "ha"] + arguments, environment: ["SLIPWAY_STATE": scratch.path])
    }

    @Test(
        "page and JSON say who signed, how long it took, what was tried by whom, and what they do not prove; all is escaped"
    )
    func report() throws {
        try instance(sealedOff: true)
        let outcome = try evidence("-o", scratch.file("e.html"), "-o", scratch.file("e.json"))
        #expect(outcome.status == 3, "\(outcome.transcript)")
        #expect(
            outcome.output.contains("sealed off: 3 attempts to leave since 2026-11-22T10:00:01Z"), "\(outcome.output)")
        #expect(outcome.errors.contains("objection: 3 packets were sent to the outside"), "\(outcome.errors)")
        #expect(outcome.errors.contains("objection: nobody counts since 2026-11-22T10:05:00Z"), "\(outcome.errors)")
        #expect(outcome.errors.contains("objection: etcd-1 is not healthy: stopped"), "\(outcome.errors)")
        try PageJudge.expect(scratch.file("e.html"))
        let page = try scratch.read("e.html")
        for text in [
            "&lt;b&gt;m&lt;/b&gt;@example.org", "42 s until healthy", "7 blobs, 1234 kB",
            "&lt;/td&gt;&lt;script&gt;a, uid 7, x.service", "udp 192.0.2.1:53 for home.example",
            "default-src &#39;none&#39;".replacing("&#39;", with: "'"),
        ] { #expect(page.contains(text), "\(text)") }
        for text in ["<script", "<b>m", "http://", "https://", "src=", "url("] {
            #expect(!page.contains(text), "\(text)")
        }
        #expect(page.components(separatedBy: "<tr>").count == page.components(separatedBy: "</tr>").count)
        let json = try scratch.read("e.json")
        #expect(
            json.contains(#""proven":false"#) && json.contains(#""total":3"#) && json.contains(#""seconds""#) == false)
        let printed = try evidence()
        #expect(
            printed.output.hasPrefix("{") && printed.output.contains(#""name":"home.example""#), "\(printed.output)")
    }

    @Test(
        "an instance that is not sealed off has none, a log that is not one is refused, and so is another kind of file")
    func refusals() throws {
        try instance(sealedOff: false)
        let open = try evidence()
        #expect(open.status == 1 && open.errors.contains("up BUNDLE --sealed-off"), "\(open.transcript)")
        let named = try evidence("-o", "report.pdf")
        #expect(named.status == 2 && named.errors.contains("neither .html nor .json"), "\(named.transcript)")
        try instance(sealedOff: true)
        try scratch.write("ha/attempts.json", "{\"version\":1}")
        let damaged = try evidence()
        #expect(damaged.status == 3 && damaged.errors.contains("attempts.json: "), "\(damaged.transcript)")
        let dry = try Slipway.run(["up", "ha", "--sealed-off"], environment: ["SLIPWAY_STATE": scratch.path])
        #expect(dry.status == 2 && dry.errors.contains("--sealed-off takes a bundle"), "\(dry.transcript)")
    }
}
