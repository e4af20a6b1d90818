public import Diagnostics
import Foundation
import HostSystem
public import TopologySpec

/// The drills of a directory, one YAML file each.
public struct DrillLibrary: Sendable {
    /// Sorted by name.
    public let drills: [Drill]
    /// The files, for quoting them under what was found.
    public let sources: [SourceText]

    /// Reads every `.yaml` file of a directory.
    ///
    /// - Throws: ``DrillError``
    public static func read(directory: String, into report: inout Report) throws(DrillError) -> DrillLibrary {
        let names = Files.names(in: directory).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
        guard !names.isEmpty else { throw .noDrills(directory: directory) }
        return try read(names.map { "\(directory)/\($0)" }, into: &report)
    }

    /// Reads files that a person named.
    public static func read(_ files: [String], into report: inout Report) throws(DrillError) -> DrillLibrary {
        var drills: [Drill] = []
        var sources: [SourceText] = []
        for file in files {
            guard let size = Files.size(of: file) else { throw .unreadable(file: file, "there is no such file") }
            guard size <= DrillFile.largestFile else {
                throw .unreadable(file: file, "expected at most \(DrillFile.largestFile) bytes")
            }
            guard let bytes = try Files.read(file) else { throw .unreadable(file: file, "there is no such file") }
            let source = SourceText(file: file, text: String(decoding: bytes, as: UTF8.self))
            sources.append(source)
            let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
            if let drill = DrillFile.read(source, name: name, into: &report) { drills.append(drill) }
        }
        return DrillLibrary(drills: drills.sorted { $0.name < $1.name }, sources: sources)
    }

    /// The drill with this name.
    ///
    /// - Throws: ``DrillError/noDrill(name:known:)``
    public func drill(_ name: String) throws(DrillError) -> Drill {
        guard let drill = drills.first(where: { $0.name == name }) else {
            throw .noDrill(name: name, known: drills.map(\.name))
        }
        return drill
    }
}

/// Files whose errors are those of drills.
typealias Files = HostSystem.Files<DrillError>
