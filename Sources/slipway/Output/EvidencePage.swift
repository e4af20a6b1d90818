import BundleFormat
import Foundation
import Launching
import Values

/// The report as one HTML page: no scripts, nothing that it loads, and every text from elsewhere escaped.
enum EvidencePage {
    static func text(_ report: EvidenceReport) -> String {
        let isProven = report.objections.isEmpty
        let log = report.sealedOff.log
        let count = log?.total ?? 0
        let verdict =
            isProven
            ? "All machines are healthy, and none tried to reach anything outside."
            : "This report does not show that the cluster needs nobody outside."
        let title = "\(report.instance.record.cluster): evidence of isolation"
        return HTML.page(
            title: title, style: style,
            body: """
                <header>
                <h1>\(HTML.escaped(title))</h1>
                <p>Made by slipway on \(time(report.made))</p>
                </header>
                <main>
                <section class="verdict \(isProven ? "good" : "bad")">
                <p class="count">\(count)</p>
                <p><strong>\(count == 1 ? "attempt" : "attempts") to leave</strong><br>\(verdict)</p>
                </section>
                \(isProven ? "" : "<ul class=\"objections\">" + report.objections.map { "<li>\(HTML.escaped($0))</li>" }.joined() + "</ul>")
                <section><h2>What was brought up</h2>\(facts(report))</section>
                <section><h2>When, and by whom signed</h2>\(runs(report.runs))</section>
                <section><h2>Attempts to leave</h2>\(attempts(report))</section>
                <section><h2>Machines</h2>\(machines(report.status.machines))</section>
                <section><h2>Payloads</h2>\(payloads(report.payloads))</section>
                </main>
                """)
    }

    private static func facts(_ report: EvidenceReport) -> String {
        let record = report.instance.record
        let isolation =
            report.waysOut.isEmpty
            ? "no way out: no interface and no route that lead elsewhere" : report.waysOut.joined(separator: "; ")
        let rows = [
            ("Instance", HTML.escaped(report.instance.paths.name)), ("Under", HTML.escaped(record.provider.rawValue)),
            ("Bundle digest", HTML.digest(record.bundleDigest)),
            (
                "Public digest",
                report.runs.last { $0.bundleDigest == record.bundleDigest }.map { HTML.digest($0.publicDigest) }
                    ?? "not on record"
            ), ("Machines' network", HTML.escaped(isolation)),
        ]
        return HTML.facts(rows)
    }

    private static func runs(_ runs: [SealedRun]) -> String {
        HTML.table(
            ["Brought up", "Took", "Verified", "Signed by", "Bundle digest"],
            runs.map { run in
                let signer = run.signer.map {
                    "\(HTML.escaped($0.name))<br><code>\(HTML.escaped($0.keyType)) \(HTML.escaped($0.fingerprint))</code>"
                }
                let took = run.seconds.map { "\($0) s until \(HTML.escaped(run.goal ?? "done"))" }
                return [
                    time(run.began), took ?? "not waited for",
                    "\(run.blobs) blobs, \(run.bytes / 1000) kB, by slipway \(HTML.escaped(run.toolVersion))",
                    signer ?? "no signature was asked for", HTML.digest(run.bundleDigest),
                ]
            }, empty: "No run is on record.")
    }

    private static func attempts(_ report: EvidenceReport) -> String {
        guard let log = report.sealedOff.log else { return "<p>Nothing was counted.</p>" }
        let watched = report.sealedOff.isWatched ? "and still going on" : "and ended"
        let head =
            "<p>Counted from \(time(log.since)), before the first machine had a cable, to \(time(log.until)), \(watched). "
            + "\(log.gaps.count) gaps, \(log.lost) packets lost.</p>"
        let rows = log.sorted.map { kind, count in
            [
                HTML.escaped(kind.machine ?? "an unknown card"), HTML.escaped("\(count.packets)"),
                "<code>\(HTML.escaped(kind.target))</code>", HTML.escaped(kind.process?.text ?? "not known"),
                "\(time(count.first)) – \(time(count.last))",
            ]
        }
        return head
            + HTML.table(
                ["Machine", "Packets", "Destination", "Process", "When"], rows, empty: "Nothing tried to leave.")
    }

    private static func machines(_ machines: [MachineStatus]) -> String {
        HTML.table(
            ["Machine", "Role", "Address", "Health", "Does without"],
            machines.map {
                [
                    HTML.escaped($0.name), HTML.escaped($0.role.rawValue), "<code>\($0.address)</code>",
                    HTML.escaped($0.power == .running ? $0.health.rawValue : $0.power.rawValue),
                    HTML.escaped($0.waiting.joined(separator: ", ")),
                ]
            }, empty: "There are none.")
    }

    private static func payloads(_ payloads: [DepotPayload]) -> String {
        HTML.table(
            ["Payload", "Bytes", "Digest"],
            payloads.map { [HTML.escaped($0.name), "\($0.size)", HTML.digest($0.digest)] },
            empty: "The machines were given none.")
    }

    private static func time(_ time: Timestamp) -> String { "<time>\(time)</time>" }

    private static let style = """
        .verdict{display:flex;align-items:center;gap:1rem;padding:1rem;border:1px solid;border-left-width:.5rem;border-radius:.4rem}
        .verdict p{margin:0}.verdict .count{font-size:2.5rem;font-weight:700;line-height:1}
        .good{border-color:var(--good)}.bad{border-color:var(--bad)}.good .count{color:var(--good)}.bad .count{color:var(--bad)}
        .objections{color:var(--bad)}
        """
}
