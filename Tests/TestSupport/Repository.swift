package import Foundation

/// Where this checkout and what was built from it lie.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    package static let templates = root.appendingPathComponent("templates")

    package static func topology(_ name: String) -> URL { root.appendingPathComponent("topologies/\(name).yaml") }

    /// A topology of `many.yaml`: what must stay short and quick with a thousand workers.
    package static let thousandWorkers = """
        version: 1
        name: many
        epoch: 2026-11-22
        network: { subnet: 10.0.0.0/16, gateway: 10.0.0.1, pods: 10.128.0.0/10, services: 10.96.0.0/12 }
        machines:
          - { name: etcd-1,   role: etcd,          address: 10.0.0.21 }
          - { name: plane-1,  role: control-plane, address: 10.0.0.31 }
          - { name: jump,     role: jump,          address: 10.0.0.12 }
          - { name: worker,   role: worker,        address: 10.0.1.1, count: 1000 }
        """

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
