import Drills
import TopologySpec

/// A drill's report as one HTML page: no scripts, nothing that it loads, and every text from elsewhere escaped.
enum DrillPage {
    static func text(_ report: DrillReport) -> String {
        let isGood = report.verdict.isGood
        let rows = report.verdict.lines.map { line in
            [
                line.isGood ? "<span class=\"good\">✓ yes</span>" : "<strong class=\"bad\">✗ no</strong>",
                HTML.escaped(line.expected), HTML.escaped(line.seen),
            ]
        }
        let story = report.moments.map { moment in
            [
                "<span class=\"time\">\(seconds(moment.at - report.evidence.brokenAt))</span>",
                HTML.escaped(moment.text),
            ]
        }
        let seen = report.evidence.observations
        let figures = [
            ("attempts to write", "\(seen.writes.count)"), ("acknowledged", "\(report.acknowledged)"),
            ("lost", report.lost.map { "\($0)" } ?? "not known"), ("reads", "\(seen.reads.count)"),
            ("register operations", "\(seen.operations.count)"),
            ("longest without a write", Evidence.text(report.unavailable)),
            ("longest without a leader", Evidence.text(report.leaderless)),
            ("longest without the API", report.apiSilence.map(Evidence.text) ?? "no API"),
            ("healthy after", report.recovery.map(Evidence.text) ?? "not at all"),
        ].map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
        let logs = report.logs.map { log in
            HTML.details(HTML.escaped(log.machine), "<pre tabindex=\"0\">\(HTML.escaped(log.text))</pre>")
        }
        return HTML.page(
            title: "\(report.drill.name): \(isGood ? "good" : "bad")", style: style,
            body: """
                <header>
                <h1>\(HTML.escaped(report.drill.title))</h1>
                <p>Drill <code>\(HTML.escaped(report.drill.name))</code> on <code>\(HTML.escaped(report.instance))</code>, under \(HTML.escaped(report.provider)): \(HTML.escaped(report.sentence))</p>
                </header>
                <main>
                <p class="verdict \(isGood ? "good" : "bad")">\(isGood ? "The cluster did what it should." : "The cluster did not do what it should.")</p>
                <h2>What was expected, and what was seen</h2>
                \(HTML.table(["As expected", "Expected", "Seen"], rows, empty: "Nothing was expected."))
                <p>\(HTML.escaped(report.drill.why))</p>
                <h2>How it went</h2>
                \(HTML.wide(Timeline(report).svg, label: "Timeline of the drill"))
                <p class="soft">Red is the time from the fault to the healing. A write's tick is green when it was acknowledged and red when no answer came. A member's bar is pale while it follows, strong while it leads, and red while it does not answer.</p>
                \(HTML.table(["After the fault", "What happened"], story, empty: "Nothing happened."))
                <h2>Figures</h2>
                <dl class="figures">\(figures.joined())</dl>
                \(logs.isEmpty ? "" : "<h2>What the machines said</h2>\(logs.joined())")
                </main>
                """)
    }

    fileprivate static func seconds(_ milliseconds: Double) -> String {
        (milliseconds <= -50 ? "−" : "") + Evidence.text(abs(milliseconds))
    }

    private static let style = """
        :root{--lead:#03306b;--follow:#6b93cc}
        @media(prefers-color-scheme:dark){:root{--lead:#a5d6ff;--follow:#3a75ba}}
        .soft,.time{color:var(--soft)}
        .verdict{font-weight:700;padding:.8rem 1rem;border:1px solid;border-left-width:.5rem;border-radius:.4rem}
        .good{color:var(--good)}.bad{color:var(--bad)}
        .time{white-space:nowrap;font-variant-numeric:tabular-nums}
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.5rem 1rem}
        .figures div{display:block;border:0}.figures dd{font-size:1.2rem;font-variant-numeric:tabular-nums}
        svg{display:block;width:100%;min-width:50rem;height:auto;font:12px system-ui,sans-serif}svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}
        .band{fill:var(--bad);opacity:.13}.edge{stroke:var(--bad)}.grid{stroke:var(--line)}.mark{stroke:var(--soft);stroke-dasharray:2 3}
        .ok{fill:var(--good)}.no{fill:var(--bad)}.lead{fill:var(--lead)}.follow{fill:var(--follow)}
        """
}

/// The watch as lanes over time: each machine and each watched thing one, the fault a band.
private struct Timeline {
    private let report: DrillReport
    private let evidence: Evidence
    private let end: Double

    /// In the drawing's units.
    private let left = 110.0
    private let width = 980.0
    private let lane = 26.0

    init(_ report: DrillReport) {
        self.report = report
        evidence = report.evidence
        end = max(1, report.evidence.endedAt)
    }

    private func x(_ time: Double) -> String { number(left + time / end * (width - left - 10)) }

    /// With one digit behind the point: nobody sees more.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    private func box(_ from: Double, _ to: Double, _ lane: Int, _ kind: String) -> String {
        let wide = max(1.5, (to - from) / end * (width - left - 10))
        return
            "<rect class=\"\(kind)\" x=\"\(x(from))\" y=\"\(number(top(lane) + 4))\" width=\"\(number(wide))\" height=\"\(number(self.lane - 8))\"/>"
    }

    private func top(_ lane: Int) -> Double { 22 + Double(lane) * self.lane }

    var svg: String {
        // A cluster without an API has no lane that says that it does not answer.
        let asks = report.apiSilence == nil ? [] : evidence.observations.asks
        let watched = ["writes", "reads"] + (asks.isEmpty ? [] : ["API"])
        // Machines that were hit and have no lane of their own are named too.
        let names = watched + report.members + report.hit.filter { !report.members.contains($0) }
        let bottom = top(names.count)
        let height = bottom + 24
        // Two words that would stand on each other are one.
        let isAtOnce = evidence.healthyAt.map { $0 - evidence.healedAt < end * 0.06 } ?? false
        var parts = [
            "<rect class=\"band\" x=\"\(x(evidence.brokenAt))\" y=\"18\" width=\"\(number((evidence.healedAt - evidence.brokenAt) / end * (width - left - 10)))\" height=\"\(number(bottom - 18))\"/>",
            mark(evidence.brokenAt, "fault", bottom, "edge"),
            mark(evidence.healedAt, isAtOnce ? "healed, healthy" : "healed", bottom, "edge"),
        ]
        if let healthy = evidence.healthyAt { parts.append(mark(healthy, isAtOnce ? "" : "healthy", bottom, "mark")) }
        for (lane, name) in names.enumerated() {
            let y = number(top(lane) + self.lane - 9)
            let isHit = report.hit.contains(name)
            parts.append("<text x=\"4\" y=\"\(y)\">\(HTML.escaped(name))\(isHit ? " ✗" : "")</text>")
            parts.append(
                "<line class=\"grid\" x1=\"4\" x2=\"\(number(width - 10))\" y1=\"\(number(top(lane) + self.lane))\" y2=\"\(number(top(lane) + self.lane))\"/>"
            )
        }
        parts += evidence.observations.writes.map { box($0.began, $0.ended, 0, $0.isAcknowledged ? "ok" : "no") }
        parts += evidence.observations.reads.map {
            box($0.ended - 20, $0.ended, 1, $0.isAnswered && $0.missed == nil ? "ok" : "no")
        }
        parts += asks.map { box($0.ended - 20, $0.ended, 2, $0.isAnswered ? "ok" : "no") }
        for (index, machine) in report.members.enumerated() { parts += bars(machine, index + watched.count) }
        for (index, name) in names.enumerated().dropFirst(watched.count + report.members.count) {
            parts.append(box(evidence.brokenAt, evidence.healedAt, index, report.hit.contains(name) ? "no" : "ok"))
        }
        parts += axis(bottom)
        return
            "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-label=\"Writes, reads and members over time: the table and the figures below say the same in words\">\(parts.joined(separator: "\n"))</svg>"
    }

    /// Equal answers that follow each other are one bar.
    private func bars(_ machine: String, _ lane: Int) -> [String] {
        let looks = evidence.observations.looks.filter { $0.machine == machine }
        var bars: [(from: Double, to: Double, kind: String)] = []
        for look in looks {
            let kind = look.member == nil ? "no" : look.member == look.leader ? "lead" : "follow"
            let from = bars.last?.to ?? max(0, look.at - Double(Observations.period))
            if bars.last?.kind == kind { bars[bars.count - 1].to = look.at } else { bars.append((from, look.at, kind)) }
        }
        return bars.map { box($0.from, $0.to, lane, $0.kind) }
    }

    private func mark(_ time: Double, _ text: String, _ bottom: Double, _ kind: String) -> String {
        "<line class=\"\(kind)\" x1=\"\(x(time))\" x2=\"\(x(time))\" y1=\"16\" y2=\"\(number(bottom))\"/>"
            + "<text class=\"soft\" x=\"\(x(time))\" y=\"12\" text-anchor=\"middle\">\(text)</text>"
    }

    /// Seconds since the fault.
    private func axis(_ bottom: Double) -> [String] {
        let step = end > 60_000 ? 10_000.0 : end > 25_000 ? 5000.0 : 2000.0
        let first = -(evidence.brokenAt / step).rounded(.down) * step
        return stride(from: first, to: end - evidence.brokenAt, by: step).map { time in
            "<text class=\"soft\" x=\"\(x(time + evidence.brokenAt))\" y=\"\(number(bottom + 16))\" text-anchor=\"middle\">\(Int(time / 1000)) s</text>"
        }
    }
}
