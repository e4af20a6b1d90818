/// The findings of a run, in the order they will be printed: by place, then by severity.
///
/// Stages add to a report and go on, so that one run shows everything that is wrong. However many findings there are, only
/// the first ``capacity`` are kept; the others are counted.
public struct Report: Sendable, Hashable {
    /// No input can fill the memory with what is wrong with it.
    public static let capacity = 1000

    private var findings: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []
    private var counts: [Severity: Int] = [:]

    public init() {}

    public mutating func add(_ diagnostic: Diagnostic) {
        // The same finding reached by two roads is still one finding.
        if findings.count < Self.capacity {
            guard seen.insert(diagnostic).inserted else { return }
            findings.append(diagnostic)
        }
        counts[diagnostic.severity, default: 0] += 1
    }

    /// The texts are made only for a finding that is kept.
    public mutating func error(
        _ subject: @autoclosure () -> String, _ message: @autoclosure () -> String, at position: SourcePosition?,
        help: @autoclosure () -> String? = nil
    ) {
        add(.error, subject, message, position, help)
    }

    public mutating func warning(
        _ subject: @autoclosure () -> String, _ message: @autoclosure () -> String, at position: SourcePosition?,
        help: @autoclosure () -> String? = nil
    ) {
        add(.warning, subject, message, position, help)
    }

    public mutating func note(
        _ subject: @autoclosure () -> String, _ message: @autoclosure () -> String, at position: SourcePosition?,
        help: @autoclosure () -> String? = nil
    ) {
        add(.note, subject, message, position, help)
    }

    private mutating func add(
        _ severity: Severity, _ subject: () -> String, _ message: () -> String, _ position: SourcePosition?,
        _ help: () -> String?
    ) {
        guard findings.count < Self.capacity else {
            counts[severity, default: 0] += 1
            return
        }
        add(Diagnostic(severity, subject(), message(), at: position, help: help()))
    }

    /// The findings that were kept, sorted by file, line and column; those without a place come last.
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

    /// The worst findings, at most so many: errors before warnings before notes; sorted by place as ``diagnostics``.
    public func worst(_ limit: Int) -> [Diagnostic] {
        let sorted = diagnostics
        guard sorted.count > limit else { return sorted }
        let ranked = sorted.indices.sorted { (sorted[$1].severity, $0) < (sorted[$0].severity, $1) }
        return ranked.prefix(limit).sorted().map { sorted[$0] }
    }

    /// The same report without the findings of one severity.
    public func without(_ severity: Severity) -> Report {
        var rest = self
        rest.findings.removeAll { $0.severity == severity }
        rest.counts[severity] = nil
        return rest
    }

    /// How many there are of a severity, those that were not kept included.
    public func count(_ severity: Severity) -> Int { counts[severity] ?? 0 }

    /// How many there are in all.
    public var count: Int { counts.values.reduce(0, +) }

    /// Whether nothing may be built: an error, or under `--strict` a warning.
    public func isFatal(strict: Bool = false) -> Bool { count(.error) > 0 || (strict && count(.warning) > 0) }
}
