import Artefacts
import BuildPlan
import BundleFormat
public import ClusterModel
import Diagnostics
import PKI
public import TopologySpec
import Values

/// Where one file of a bundle comes from, found by rendering it again: the template's lines, the values, and the lines of the topology
/// on which it depends.
public struct Explanation: Sendable {
    /// One line of the file, or a part of one, by what made it.
    public struct Part: Sendable, Hashable {
        /// In the file, from 1.
        public let line: Int
        /// The template or what it includes, below the templates directory.
        public let template: String
        /// There, from 1.
        public let templateLine: Int
        /// The name in `{{name}}`; nil for the template's own words.
        public let value: String?
        /// What was put in its place; nil where it follows from the secrets file.
        public let text: String?
        /// The sections around it: `#servers`.
        public let sections: [String]
    }

    /// The file as it is rendered, with values in their places.
    public let parts: [Part]
    /// What in the topology changes the file, or the line that was asked for, when it is another.
    public let dependsOn: [WrittenValue]
    /// Whether all that the topology says was tried.
    public let isComplete: Bool
    /// The rendered bytes; nil for what follows from the secrets file.
    public let bytes: [UInt8]?
}

/// Explains files of one topology.
public struct Explainer: Sendable {
    /// So many values of a topology are changed at most: a file of 1,000 machines written one by one would take minutes.
    private static let limit = 300

    private let input: TopologyInput
    private let templates: TemplateLibrary
    private let plan: ClusterPlan

    /// - Throws: ``TemplateError``.
    public init(_ input: TopologyInput, _ cluster: Cluster, _ sources: TemplateSources) throws {
        self.input = input
        templates = try TemplateLibrary(texts: sources.texts)
        plan = Planner.plan(cluster)
    }

    /// - Parameters:
    ///   - machine: a machine's name, or `operator`.
    ///   - line: of the file, from 1; nil for the whole file.
    /// - Returns: nil when this topology has no such file.
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func explain(_ machine: String, _ path: String, line: Int?) throws -> Explanation? {
        guard let traced = try trace(machine, path, in: plan) else { return nil }
        let isOpen = traced.exposure == .open
        let lines = Self.lines(traced.text.bytes)
        if let line, !lines.indices.contains(line - 1) { return nil }
        let parts = Self.parts(traced.text, isOpen: isOpen).filter { line == nil || $0.line == line }
        let (dependsOn, isComplete) = try influences(machine, path, lines, line)
        return Explanation(
            parts: parts, dependsOn: dependsOn, isComplete: isComplete, bytes: isOpen ? traced.text.bytes : nil)
    }

    private func trace(
        _ machine: String, _ path: String, in plan: ClusterPlan
    ) throws -> (text: TracedText, exposure: Exposure)? {
        let holder = plan.machines.first { $0.machine.name == machine }
        guard holder != nil || machine == KeyKind.operatorName else { return nil }
        let files = holder.map { $0.seedDocuments + $0.files } ?? plan.operator.files
        guard let file = files.first(where: { $0.path == path }) else { return nil }
        let renderer = Renderer(plan: plan, templates: templates)
        if let text = try renderer.trace(file, of: holder, from: nil) { return (text, file.content.exposure) }
        // Which lines there are does not depend on which keys these are, and none of them is shown.
        let authorities = try Authorities(plan: plan, secret: MasterSecret(bytes: .init(repeating: 0, count: 32)))
        guard let text = try renderer.trace(file, of: holder, from: authorities) else { return nil }
        return (text, file.content.exposure)
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func parts(_ traced: TracedText, isOpen: Bool) -> [Explanation.Part] {
        var parts: [Explanation.Part] = []
        var number = 1
        for span in traced.spans {
            var templateLine = span.line
            var rest = traced.bytes[span.range]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                if end > rest.startIndex {
                    parts.append(
                        Explanation.Part(
                            line: number, template: span.file, templateLine: templateLine, value: span.value,
                            text: isOpen || span.value == nil
                                ? String(decoding: rest[rest.startIndex..<end], as: UTF8.self) : nil,
                            sections: span.sections))
                }
                guard end < rest.endIndex else { break }
                number += 1
                if span.value == nil { templateLine += 1 }
                rest = rest[(end + 1)...]
            }
        }
        return parts
    }

    // MARK: What of the topology matters

    /// Changes one value after the other, renders the file again and looks whether it is another: so that what is said is
    /// what the program does, and not a second list of it.
    private func influences(
        _ machine: String, _ path: String, _ lines: [ArraySlice<UInt8>], _ line: Int?
    ) throws -> ([WrittenValue], isComplete: Bool) {
        let values = WrittenValue.all(in: input.source)
        let own = plan.machines.first { $0.machine.name == machine }?.machine.position.line
        // The machine's own values and what stands outside of the list of machines come first.
        let near = values.filter { !$0.path.hasPrefix("machines[") || $0.position.line == own }
        let far = values.filter { $0.path.hasPrefix("machines[") && $0.position.line != own }
        let tried = near.prefix(Self.limit) + far.prefix(max(0, Self.limit - near.count))
        let wanted = line.map { lines[$0 - 1] }
        var found: [WrittenValue] = []
        for value in tried {
            guard let changed = try changed(value, machine, path) else { continue }
            let isOther = wanted.map { !changed.contains($0) } ?? (changed != lines)
            if isOther { found.append(value) }
        }
        found.sort { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
        return (found, tried.count == values.count)
    }

    /// The file's lines with the value being another one; nil when none can be found that makes a cluster with this file.
    private func changed(_ value: WrittenValue, _ machine: String, _ path: String) throws -> [ArraySlice<UInt8>]? {
        for text in Self.alternatives(to: value.text) {
            let source = value.replaced(by: text, in: input.source)
            var report = Report()
            guard let topology = TopologyReader.read(source, into: &report),
                let cluster = ClusterResolver.resolve(
                    topology, sourceDateEpoch: input.sourceDateEpoch, into: &report)
            else { continue }
            // A machine that has another name now is still the one that stands in this place.
            var name = machine
            if let number = plan.machines.firstIndex(where: { $0.machine.name == machine }),
                cluster.machines.indices.contains(number), !cluster.machines.contains(where: { $0.name == machine })
            {
                name = cluster.machines[number].name
            }
            guard let traced = try? trace(name, path, in: Planner.plan(cluster)) else { return [] }
            return Self.lines(traced.text.bytes)
        }
        return nil
    }

    /// Other values of the same form. Which of them are good, the topology's own rules say.
    static func alternatives(to text: String) -> [String] {
        if let flag = Bool(text) { return ["\(!flag)"] }
        if let number = Int(text) { return ["\(number + 1)", "\(number - 1)", "\(number * 2)"] }
        if let address = IPv4Address(text) {
            return [1, 2, 7, 100, 150].flatMap { offset -> [String] in
                [address.rawValue &+ offset, address.rawValue &- offset].map { "\(IPv4Address(rawValue: $0))" }
            }
        }
        let parts = text.split(separator: "/")
        if parts.count == 2, let address = IPv4Address(parts[0]), let length = Int(parts[1]) {
            let moved = [8, 16].map { shift in
                "\(IPv4Address(rawValue: address.rawValue &+ (1 << max(0, 32 - length)) << (16 - shift)))/\(length)"
            }
            return moved + ["\(address)/\(length + 1)", "\(address)/\(length - 1)"]
        }
        var others: [String] = []
        // A number in it: 1.36.4, 4GiB, 10y, 2026-11-22, worker-1.
        if let last = text.lastIndex(where: \.isNumber) {
            let start = text[...last].lastIndex { !$0.isNumber }.map { text.index(after: $0) } ?? text.startIndex
            if let number = Int(text[start...last]) {
                let width = text.distance(from: start, to: last) + 1
                for other in [number + 1, number - 1] where other >= 0 {
                    let digits = String(other)
                    let padded = text[start] == "0" ? String(repeating: "0", count: max(0, width - digits.count)) : ""
                    others.append(text[..<start] + padded + digits + text[text.index(after: last)...])
                }
            }
        }
        let words =
            Architecture.allCases.map(\.rawValue) + OperatingSystem.allCases.map(\.rawValue)
            + PodNetwork.allCases.map(\.rawValue) + ["own", "shared", "delegated", "none"]
        if words.contains(text) { others += words.filter { $0 != text } }
        return others + ["\(text)x"]
    }
}
