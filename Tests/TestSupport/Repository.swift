package import Foundation

/// Where this checkout and what was built from it lie.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    package static let templates = root.appendingPathComponent("templates")

    package static func topology(_ name: String) -> URL { root.appendingPathComponent("topologies/\(name).yaml") }

    /// The `slipway` that was built with these tests: it lies beside the bundle they run from.
    package static let slipway: URL = {
        let arguments = CommandLine.arguments
        var bundle = URL(fileURLWithPath: arguments.first ?? "")
        // On macOS a helper of the toolchain runs the tests and is told where they are.
        if let flag = arguments.firstIndex(of: "--test-bundle-path"), arguments.indices.contains(flag + 1) {
            bundle = URL(fileURLWithPath: arguments[flag + 1])
        }
        while bundle.pathExtension != "xctest", bundle.path != "/" { bundle.deleteLastPathComponent() }
        return bundle.deletingLastPathComponent().appendingPathComponent("slipway")
    }()
}
