import Archive
import Launching
import Values

/// What the pages and pictures that people open have in common. Nothing is loaded and no script is run in any of them, and a text from
/// elsewhere can be nothing but text.
enum HTML {
    /// A whole document.
    ///
    /// - Parameters:
    ///   - style: what this page has beside the common one.
    ///   - body: HTML.
    static func page(title: String, style: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(escaped(title))</title>
        <style>\(common)
        \(style)</style>
        </head>
        <body>
        \(body)
        </body>
        </html>

        """
    }

    /// Text from elsewhere, for content and for attributes in quotes.
    static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        let bytes = TerminalFilter.text(text).utf8
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "\""): result += "&quot;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// - Parameter rows: of cells that are HTML.
    static func table(_ head: [String], _ rows: [[String]], empty: String, caption: String? = nil) -> String {
        guard !rows.isEmpty else { return "<p>\(empty)</p>" }
        let title = caption.map { "<caption>\(escaped($0))</caption>" } ?? ""
        return wide(
            "<table>\(title)<thead><tr>" + head.map { "<th scope=\"col\">\($0)</th>" }.joined()
                + "</tr>\n</thead><tbody>"
                + rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }.joined()
                + "</tbody></table>", label: caption ?? "Table: \(head.joined(separator: ", "))")
    }

    /// What scrolls sideways where the page is narrower than it; shadows at its ends tell that there is more, and keys reach it.
    ///
    /// - Parameters:
    ///   - content: HTML.
    ///   - label: what a screen reader calls it.
    static func wide(_ content: String, label: String) -> String {
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(label))\">\(content)</div>"
    }

    /// Names with what is said of each, which is HTML.
    static func facts(_ rows: [(String, String)]) -> String {
        "<dl>" + rows.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }.joined() + "</dl>"
    }

    /// What is unfolded without a script; both are HTML.
    static func details(_ summary: String, _ body: String) -> String {
        "<details><summary>\(summary)</summary><div>\(body)</div></details>"
    }

    static func digest(_ digest: Values.Digest) -> String { "<code class=\"digest\">\(digest)</code>" }

    private static let common = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d1d9e0;--shade:#1b1f2433;--paper:#fff;--good:#1a7f37;--bad:#b3261e;--link:#0550ae}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--shade:#e6edf340;--paper:#0d1117;--good:#3fb950;--bad:#ff7b72;--link:#6cb6ff}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:75rem;padding:1.5rem 1rem 4rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
        h1{font-size:1.6rem;line-height:1.2;margin:0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}
        header p,dt,caption{color:var(--soft)}header p{margin:.3rem 0 1.5rem}caption{text-align:left}
        a{color:var(--link)}a:focus-visible,summary:focus-visible,pre:focus-visible,.wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        dl{margin:0}dl div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
        dt{flex:0 0 11rem}dd{margin:0;flex:1 1 16rem;min-width:0;overflow-wrap:anywhere}
        .wide{overflow-x:auto;background:linear-gradient(90deg,var(--paper) 50%,transparent) 0/2rem 100% no-repeat local,linear-gradient(270deg,var(--paper) 50%,transparent) 100%/2rem 100% no-repeat local,linear-gradient(90deg,var(--shade),transparent) 0/.6rem 100% no-repeat,linear-gradient(270deg,var(--shade),transparent) 100%/.6rem 100% no-repeat}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.4rem 1rem .4rem 0;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--soft);white-space:nowrap}
        code{font:.85em ui-monospace,monospace}.digest{overflow-wrap:anywhere}time{white-space:nowrap}
        @media(max-width:40rem){td{white-space:nowrap}td .digest{display:block;width:17rem;white-space:normal}}
        @media print{body{max-width:none}}
        """
}
