import Foundation

/// Where this checkout and what was built from it lie.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let templates = root.appendingPathComponent("templates").path
    /// Made by Tests/lab-image.
    static let image = root.appendingPathComponent("out/lab").path

    static func script(_ name: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent("Tests/LabTests/Scripts/\(name)"), encoding: .utf8)
    }

    /// The `slipway` that was built with these tests: it lies beside the bundle they run from.
    static let slipway: String = {
        var bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "")
        while bundle.pathExtension != "xctest", bundle.path != "/" { bundle.deleteLastPathComponent() }
        return bundle.deletingLastPathComponent().appendingPathComponent("slipway").path
    }()
}
