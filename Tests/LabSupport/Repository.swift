package import Foundation

/// Where this checkout and what was built from it lie.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    package static let templates = root.appendingPathComponent("templates").path
    /// Made by Tests/lab-image.
    package static let image = root.appendingPathComponent("out/lab").path

    /// Programs that tests run inside machines.
    package static let scripts = root.appendingPathComponent("Tests/LabSupport/Scripts").path

    /// The `slipway` that was built with these tests: it lies beside the bundle they run from.
    package static let slipway: String = {
        var bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "")
        while bundle.pathExtension != "xctest", bundle.path != "/" { bundle.deleteLastPathComponent() }
        return bundle.deletingLastPathComponent().appendingPathComponent("slipway").path
    }()
}
