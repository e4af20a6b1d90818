import Foundation
import LabSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where no virtual machine can be: no QEMU, or no image. In CI (`CI=true`) that is a failure.
    static var machinesPossible: Self {
        var missing: [String] = []
        for program in ["qemu-system-x86_64", "qemu-img", "ssh"] {
            let places = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
            let isThere = places.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
            if !isThere { missing.append(program) }
        }
        for file in ["vm.lock", "vm/disk.qcow2"] {
            let isThere = FileManager.default.fileExists(atPath: "\(Repository.image)/\(file)")
            if !isThere { missing.append("out/lab/\(file) (make vm-image)") }
        }
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        let lacking = missing
        return .enabled("not on this machine: \(lacking.joined(separator: ", "))") {
            if isCI, !lacking.isEmpty { throw MachinesImpossible(missing: lacking) }
            return lacking.isEmpty
        }
    }
}

struct MachinesImpossible: Error, CustomStringConvertible {
    let missing: [String]
    var description: String { "CI boots virtual machines, and here is no \(missing.joined(separator: ", no "))" }
}
