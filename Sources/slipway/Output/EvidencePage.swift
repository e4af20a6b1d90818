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
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(escaped(report.instance.record.cluster)): evidence of isolation</title>
            <style>\(style)</style>
            </head>
            <body>
            <header>
            <h1>\(escaped(report.instance.record.cluster)): evidence of isolation</h1>
            <p>Made by slipway on \(time(report.made))</p>
            </header>
            <section class="verdict \(isProven ? "good" : "bad")">
            <p class="count">\(count)</p>
            <p><strong>\(count == 1 ? "attempt" : "attempts") to leave</strong><br>\(verdict)</p>
            </section>
            \(isProven ? "" : "<ul class=\"objections\">" + report.objections.map { "<li>\(escaped($0))</li>" }.joined() + "</ul>")
            <section><h2>What was brought up</h2>\(facts(report))</section>
            <section><h2>When, and by whom signed</h2>\(runs(report.runs))</section>
            <section><h2>Attempts to leave</h2>\(attempts(report))</section>
            <section><h2>Machines</h2>\(machines(report.status.machines))</section>
            <section><h2>Payloads</h2>\(payloads(report.payloads))</section>
            </body>
            </html>

            """
    }

    private static func facts(_ report: EvidenceReport) -> String {
        let record = report.instance.record
        let isolation =
            report.waysOut.isEmpty
            ? "no way out: no interface and no route that lead elsewhere" : report.waysOut.joined(separator: "; ")
        let rows = [
            ("Instance", escaped(report.instance.paths.name)), ("Under", escaped(record.provider.rawValue)),
            ("Bundle digest", digest(record.bundleDigest)),
            (
                "Public digest",
                report.runs.last { $0.bundleDigest == record.bundleDigest }.map { digest($0.publicDigest) }
                    ?? "not on record"
            ), ("Machines' network", escaped(isolation)),
        ]
        return "<dl>" + rows.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }.joined() + "</dl>"
    }

    private static func runs(_ runs: [SealedRun]) -> String {
        table(
            ["Brought up", "Took", "Verified", "Signed by", "Bundle digest"],
            runs.map { run in
                let signer = run.signer.map {
                    "\(escaped($0.name))<br><code>\(escaped($0.keyType)) \(escaped($0.fingerprint))</code>"
                }
                let took = run.seconds.map { "\($0) s until \(escaped(run.goal ?? "done"))" }
                return [
                    time(run.began), took ?? "not waited for",
                    "\(run.blobs) blobs, \(run.bytes / 1000) kB, by slipway \(escaped(run.toolVersion))",
                    signer ?? "no signature was asked for", digest(run.bundleDigest),
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
                escaped(kind.machine ?? "an unknown card"), escaped("\(count.packets)"),
                "<code>\(escaped(kind.target))</code>", escaped(kind.process?.text ?? "not known"),
                "\(time(count.first)) – \(time(count.last))",
            ]
        }
        return head
            + table(["Machine", "Packets", "Destination", "Process", "When"], rows, empty: "Nothing tried to leave.")
    }

    private static func machines(_ machines: [MachineStatus]) -> String {
        table(
            ["Machine", "Role", "Address", "Health", "Does without"],
            machines.map {
                [
                    escaped($0.name), escaped($0.role.rawValue), "<code>\($0.address)</code>",
                    escaped($0.power == .running ? $0.health.rawValue : $0.power.rawValue),
                    escaped($0.waiting.joined(separator: ", ")),
                ]
            }, empty: "There are none.")
    }

    private static func payloads(_ payloads: [DepotPayload]) -> String {
        table(
            ["Payload", "Bytes", "Digest"], payloads.map { [escaped($0.name), "\($0.size)", digest($0.digest)] },
            empty: "The machines were given none.")
    }

    /// - Parameter rows: of cells that are HTML.
    private static func table(_ head: [String], _ rows: [[String]], empty: String) -> String {
        guard !rows.isEmpty else { return "<p>\(empty)</p>" }
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\($0)</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<div class=\"wide\"><table><thead>\(row(head, "th"))</thead><tbody>"
            + rows.map { row($0, "td") }.joined() + "</tbody></table></div>"
    }

    private static func digest(_ digest: Values.Digest) -> String { "<code class=\"digest\">\(digest)</code>" }

    private static func time(_ time: Timestamp) -> String { "<time>\(time)</time>" }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in TerminalFilter.text(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--good:#1a7f37;--bad:#b3261e}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--good:#3fb950;--bad:#ff7b72}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:75rem;padding:1.5rem 1rem 4rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
        h1{font-size:1.6rem;line-height:1.2;margin:0}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}
        header p,dt{color:var(--soft)}header p{margin:.3rem 0 1.5rem}
        .verdict{display:flex;align-items:center;gap:1rem;padding:1rem;border:1px solid;border-left-width:.5rem;border-radius:.4rem}
        .verdict p{margin:0}.verdict .count{font-size:2.5rem;font-weight:700;line-height:1}
        .good{border-color:var(--good)}.bad{border-color:var(--bad)}.good .count{color:var(--good)}.bad .count{color:var(--bad)}
        .objections{color:var(--bad)}
        dl{margin:0}dl div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
        dt{flex:0 0 11rem}dd{margin:0;flex:1 1 16rem;min-width:0}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.4rem 1rem .4rem 0;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--soft);white-space:nowrap}
        code{font:.85em ui-monospace,monospace}.digest{overflow-wrap:anywhere}time{white-space:nowrap}
        @media(max-width:40rem){td .digest{display:block;width:17rem}}
        @media print{body{max-width:none}}
        """
}
