import Archive
import ArgumentParser
import BuildPlan
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import Foundation
import Launching
import TopologySpec
import Unbundling
import Values

/// `slipway explain BUNDLE MACHINE:/path[:LINE]`
struct ExplainCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say where a file of a bundle comes from, and what it is for.",
        discussion: """
            The template and its lines, the values, the lines of the topology that matter, and who explains the settings. The file is
            rendered again for that, from the topology that the bundle was made of; without one at hand the bundle alone is asked.
            For example:
              slipway explain out/ha.tar etcd-1:/etc/etcd/etcd.conf.yml
              slipway explain out/ha.tar etcd-1:/etc/etcd/etcd.conf.yml:11
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Argument(
        help: ArgumentHelp(
            "The file, such as etcd-1:/etc/etcd/etcd.conf.yml or operator:ssh_config; with :LINE one line of it.",
            valueName: "machine:/path[:line]"))
    var file: String

    @Option(
        help: ArgumentHelp(
            "The topology.", discussion: "Default: topologies/NAME.yaml or NAME.yaml, when the bundle was made of it.",
            valueName: "file"), completion: .topology)
    var topology: String?

    @Option(help: ArgumentHelp("The templates directory.", valueName: "dir"), completion: .directory)
    var templates: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws { _ = try reference() }

    private func reference() throws -> (file: FileReference, line: Int?) {
        let whole = try FileReference(file)
        guard let colon = whole.path.lastIndex(of: ":"), let line = Int(whole.path[whole.path.index(after: colon)...])
        else { return (whole, nil) }
        guard line > 0 else { throw ValidationError("lines count from 1") }
        return (FileReference(machine: whole.machine, path: String(whole.path[..<colon])), line)
    }

    func run(_ context: Context) async throws {
        let (file, line) = try reference()
        let answer = try await CommandFailure.translating(templates: templates) {
            let opened = try Unbundling.Bundle.open(named: bundle)
            var answer = try Answer(file, line, in: opened)
            if let input = try input(for: opened, context) {
                let cluster = try input.requireCluster(strict: false, context, output.format)
                let sources = try TemplateDirectory.read(templates)
                let explanation = try Explainer(input, cluster, sources).explain(file.machine, file.path, line: line)
                guard let explanation else {
                    throw CommandFailure(
                        .input,
                        "\(input.source.file) makes no line \(line ?? 1) of \(file.machine):\(file.path)",
                        help: "omit the line to see the whole file")
                }
                answer.explanation = explanation
                note(answer, opened, input, context)
            }
            return answer
        }
        context.out(output.format == .json ? JSONOutput.line(answer.json) : answer.text)
    }

    /// The topology that was named, or one that lies where one would look and is the one that the bundle was made of.
    private func input(for bundle: Unbundling.Bundle, _ context: Context) throws -> TopologyInput? {
        let description = bundle.description
        let candidates =
            topology.map { [$0] }
            ?? ["topologies/\(description.name).yaml", "\(description.name).yaml"].filter(InputFile.exists)
        for path in candidates {
            var input = try TopologyInput.load(path, context)
            // Dates are the bundle's, whatever the environment says now.
            if input.cluster?.epoch != description.epoch {
                input = try TopologyInput.load(
                    path, ["SOURCE_DATE_EPOCH": "\(description.epoch.secondsSince1970)"])
            }
            if topology != nil || input.digest == description.inputs.topology { return input }
        }
        return nil
    }

    private func note(_ answer: Answer, _ bundle: Unbundling.Bundle, _ input: TopologyInput, _ context: Context) {
        if input.digest != bundle.description.inputs.topology {
            context.err("note: \(input.source.file) is not the topology that \(self.bundle) was made of\n")
        }
        if let digest = answer.digest, let bytes = answer.explanation?.bytes, Values.Digest(hashing: bytes) != digest {
            context.err("note: the bundle's file is another; this explains what these templates make of the topology\n")
        }
    }
}

/// What is known of one file.
private struct Answer {
    let file: FileReference
    let line: Int?
    let origin: String
    let rights: String
    let exposure: Exposure
    let digest: Values.Digest?
    /// The units that restart when it changes.
    let units: [String]
    /// The line of the topology that describes the machine.
    let machineLine: Int64?
    var explanation: Explanation?

    init(_ file: FileReference, _ line: Int?, in bundle: Unbundling.Bundle) throws {
        (self.file, self.line) = (file, line)
        let description = bundle.description
        guard !file.isOperators else {
            let found = try file.find(in: description.operatorFiles, path: \.path)
            (origin, exposure, digest) = (found.origin, found.exposure, nil)
            (rights, units, machineLine) = ("\(found.permissions)", [], nil)
            return
        }
        let machine = try bundle.machine(file.machine)
        let found = try file.find(in: description.files(of: machine), path: \.path)
        (origin, exposure, digest) = (found.origin, found.exposure, found.digest)
        rights = "\(found.permissions) \(found.owner):\(found.group)"
        units = description.configuration(of: machine).units.filter {
            $0.isRestarted(by: [file.path])
        }.map(\.name)
        machineLine = machine.line
    }

    private var isTemplate: Bool { !origin.contains(":") }

    // MARK: Text

    var text: String {
        let subject = "\(file.machine):\(file.path)" + (line.map { ":\($0)" } ?? "")
        var rows: [(String, String)] = []
        func add(_ name: String, _ lines: [String]) {
            for (index, line) in lines.enumerated() { rows.append((index == 0 ? name : "", line)) }
        }
        let purpose = FilePurpose.of(origin: origin)
        add("what for", [purpose?.sentence ?? "A file of templates that did not come with slipway."])
        if let purpose { add("settings", [purpose.document]) }
        add("file", ["\(rights), \(exposure.rawValue)"])
        if !units.isEmpty { add("restarts", [units.joined(separator: ", ")]) }
        add(isTemplate ? "template" : "made by", templateLines)
        add("values", valueLines)
        add("topology", topologyLines)
        let table = rows.map { "  \($0.0.padding(toLength: 10, withPad: " ", startingAt: 0))\($0.1)\n" }.joined()
        let quoted = lineText.map { "  | \($0)\n" } ?? ""
        return TerminalFilter.text(subject + "\n" + quoted + table)
    }

    private var lineText: String? {
        guard let explanation, line != nil, exposure == .open else { return nil }
        return explanation.parts.map { $0.text ?? "" }.joined()
    }

    private var templateLines: [String] {
        guard isTemplate else { return [origin] }
        guard let explanation, line != nil else { return ["templates/\(origin)"] }
        var lines: [String] = []
        for part in explanation.parts {
            let sections = part.sections.isEmpty ? "" : "  inside {{\(part.sections.joined(separator: "}} {{"))}}"
            let line = "templates/\(part.template):\(part.templateLine)\(sections)"
            if !lines.contains(line) { lines.append(line) }
        }
        return lines.isEmpty ? ["templates/\(origin)"] : lines
    }

    private var valueLines: [String] {
        var seen: Set<String> = []
        return (explanation?.parts ?? []).compactMap { part in
            guard let name = part.value else { return nil }
            let text =
                part.text.map { $0.count > 200 ? "\($0.prefix(200))…" : $0 }
                ?? (exposure == .secret
                    ? "secret, and not shown" : "follows from the secrets file, or stands beside it")
            let line = "\(name) = \(text)"
            return seen.insert(line).inserted ? line : nil
        }
    }

    private var topologyLines: [String] {
        guard let explanation else {
            let place = machineLine.map { "line \($0) describes \(file.machine); " } ?? ""
            return [place + "--topology FILE tells which lines matter"]
        }
        var lines = explanation.dependsOn.map { "\($0.position)  \($0.path): \($0.text)" }
        if lines.isEmpty { lines = ["nothing that is written there changes " + (line == nil ? "it" : "this line")] }
        if !explanation.isComplete { lines.append("(not everything was tried: the topology has very many values)") }
        return lines
    }

    // MARK: JSON

    var json: JSONValue {
        var object = JSONObject([
            ("machine", .string(file.machine)), ("path", .string(file.path)), ("origin", .string(origin)),
            ("exposure", .string(exposure.rawValue)), ("rights", .string(rights)), ("restarts", .strings(units)),
        ])
        object["line"] = line.map { .integer(Int64($0)) }
        object["machineLine"] = machineLine.map { .integer($0) }
        if let purpose = FilePurpose.of(origin: origin) {
            object["purpose"] = .string(purpose.sentence)
            object["document"] = .string(purpose.document)
        }
        if let explanation {
            object["parts"] = .array(explanation.parts.map(Self.json))
            object["topology"] = .array(
                explanation.dependsOn.map { value in
                    [
                        "path": .string(value.path), "value": .string(value.text),
                        "file": .string(value.position.file), "line": .integer(Int64(value.position.line)),
                        "column": .integer(Int64(value.position.column)),
                    ]
                })
            object["isComplete"] = .bool(explanation.isComplete)
        }
        return .object(object)
    }

    private static func json(_ part: Explanation.Part) -> JSONValue {
        var object = JSONObject([
            ("line", .integer(Int64(part.line))), ("template", .string(part.template)),
            ("templateLine", .integer(Int64(part.templateLine))), ("sections", .strings(part.sections)),
        ])
        object["value"] = part.value.map { .string($0) }
        object["text"] = part.text.map { .string($0) }
        return .object(object)
    }
}
