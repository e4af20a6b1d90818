import Foundation
import TestSupport
import Testing

/// Scripts/page.py: what a checker of accessibility would say of a page or a picture, and the contrast of its colours.
enum PageJudge {
    /// Expects that it finds no fault.
    ///
    /// - Returns: the text that is shown.
    @discardableResult
    static func expect(_ file: String, location: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try Tool("python3").run([Repository.scripts.appendingPathComponent("page.py").path, file])
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
        return outcome.output
    }

    /// Faults that were put into a page are found: a judge that never objects would go unnoticed.
    ///
    /// - Parameter page: one without a fault.
    static func findsFaults(in page: String) throws {
        let text = try String(contentsOfFile: page, encoding: .utf8)
        let scratch = try Scratch()
        for (part, fault, complaint) in [
            (" lang=\"en\"", "", "no language"), ("<h2>", "<h4>", "below a heading"),
            ("scope=\"col\"", "", "without a scope"),
            ("</main>", "</main><p id=\"files\"></p>", "twice"), ("tabindex=\"0\"", "", "reached by key"),
            ("--soft:#59636e", "--soft:#99a3ae", "light: --soft on --paper"),
            ("--soft:#9198a1", "--soft:#515861", "dark: --soft on --paper"),
            ("<h1>", "<script></script><h1>", "<script>"),
            ("href=\"#files\"", "href=\"#none\"", "leads nowhere"), ("role=\"img\"", "", "without a name"),
        ] {
            let broken = text.replacing(part, with: fault, maxReplacements: 1)
            #expect(broken != text, "\(part)")
            let file = try scratch.write("broken.html", broken)
            let outcome = try Tool("python3").run([Repository.scripts.appendingPathComponent("page.py").path, file])
            #expect(outcome.status == 1 && outcome.errors.contains(complaint), "\(complaint): \(outcome.errors)")
        }
    }
}
