import Foundation
import LabSupport
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where no virtual machine can be: no QEMU, or no image. In CI that is a failure.
    static var machinesPossible: Self {
        var missing: [String] = []
        for program in ["qemu-system-x86_64", "qemu-img", "ssh"] {
            let places = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
            if places.allSatisfy({ Tool("\($0)/\(program)").path == nil }) { missing.append(program) }
        }
        for file in ["vm.lock", "vm/disk.qcow2"] {
            let isThere = FileManager.default.fileExists(atPath: "\(Repository.image)/\(file)")
            if !isThere { missing.append("out/lab/\(file) (make vm-image)") }
        }
        return needs(missing: missing, advice: "CI boots virtual machines")
    }
}
