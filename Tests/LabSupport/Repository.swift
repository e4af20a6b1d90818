import FoundationEssentials
package import TestSupport

extension Repository {
    /// Made by Tests/lab-image.
    package static let image = root.appendingPathComponent("out/lab").path

    /// Programs that tests run inside machines.
    package static let scripts = root.appendingPathComponent("Tests/LabSupport/Scripts").path
}
