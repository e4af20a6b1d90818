public import Diagnostics
import Foundation
import HostSystem
public import TopologySpec

/// Drills, one YAML file each.
public struct DrillLibrary: Sendable {
    /// Sorted by name.
    public let drills: [Drill]
    /// The files, for quoting them under what was found.
    public let sources: [SourceText]

    /// Those inside this program, and those of a directory, which count where both have one of a name.
    ///
    /// - Parameter directory: nil for `drills`, where there is one.
    /// - Throws: ``DrillError``
    public static func shipped(with directory: String?, into report: inout Report) throws(DrillError) -> DrillLibrary {
        let place = directory ?? "drills"
        let names = Files.names(in: place).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
        if let directory, names.isEmpty { throw .noDrills(directory: directory) }
        let own = try read(names.map { "\(place)/\($0)" }, into: &report)
        // A file that is wrong is not replaced by one that is right and another one.
        let known = Set(names)
        var drills = own.drills
        for (file, text) in EmbeddedDrills.texts where file.hasSuffix(".yaml") && !known.contains(file) {
            let source = SourceText(file: "drills/\(file)", text: text)
            if let drill = DrillFile.read(source, name: String(file.dropLast(5)), into: &report) {
                drills.append(drill)
            }
        }
        return DrillLibrary(drills: drills.sorted { $0.name < $1.name }, sources: own.sources)
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
