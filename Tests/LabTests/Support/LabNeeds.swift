import Foundation
import LabSupport
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where no lab can be: not Linux, not root, no systemd-nspawn, or no image. In CI that is a failure.
    static var labPossible: Self {
        var missing = notRoot
        if Tool("/usr/bin/systemd-nspawn").path == nil { missing.append("systemd-nspawn") }
        let applier = FileManager.default.fileExists(atPath: "\(Repository.image)/payloads/slipway-apply")
        if !applier { missing.append("out/lab with an applier (make lab-image)") }
        // A lock of an older Tests/lab-image does not say what is in the archives, and the machines would wait.
        let lock = (try? String(contentsOfFile: "\(Repository.image)/lab.lock", encoding: .utf8)) ?? ""
        if !lock.contains("    members:") {
            missing.append("out/lab/lab.lock with members (slipway lock out/lab/lab.yaml)")
        }
        if lock.contains("  kubelet:") { missing.append("out/lab without Kubernetes' servers (make lab-image)") }
        return needs(missing: missing, advice: "CI runs the lab")
    }
}
