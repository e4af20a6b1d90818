/// The findings of a run, in the order they will be printed: by place, then by severity.
///
/// Stages add to a report and go on, so that one run shows everything that is wrong.
public struct Report: Sendable, Hashable {
    private var findings: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    public init() {}

    public mutating func add(_ diagnostic: Diagnostic) {
        // The same finding reached by two roads is still one finding.
        if seen.insert(diagnostic).inserted { findings.append(diagnostic) }
    }

    public mutating func error(
        _ subject: String, _ message: String, at position: SourcePosition?, help: String? = nil
    ) {
        add(Diagnostic(.error, subject, message, at: position, help: help))
    }

    public mutating func warning(
        _ subject: String, _ message: String, at position: SourcePosition?, help: String? = nil
    ) {
        add(Diagnostic(.warning, subject, message, at: position, help: help))
    }

    public mutating func note(
        _ subject: String, _ message: String, at position: SourcePosition?, help: String? = nil
    ) {
        add(Diagnostic(.note, subject, message, at: position, help: help))
    }

    /// All findings, sorted by file, line and column; those without a place come last.
    public var diagnostics: [Diagnostic] {
        findings.enumerated().sorted { first, second in
            let (a, b) = (first.element, second.element)
            guard let left = a.position, let right = b.position else {
                return a.position == nil && b.position == nil ? first.offset < second.offset : a.position != nil
            }
            if left.file != right.file { return left.file < right.file }
            if left.line != right.line { return left.line < right.line }
            if left.column != right.column { return left.column < right.column }
            return first.offset < second.offset
        }.map(\.element)
    }

    /// The same report without the findings of one severity.
    public func without(_ severity: Severity) -> Report {
        var rest = Report()
        for finding in findings where finding.severity != severity { rest.add(finding) }
        return rest
    }

    public func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

    /// Whether nothing may be built: an error, or under `--strict` a warning.
    public func isFatal(strict: Bool = false) -> Bool {
        findings.contains { $0.severity == .error || (strict && $0.severity == .warning) }
    }
}
