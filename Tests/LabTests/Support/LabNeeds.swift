import Foundation
import LabSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where no lab can be: not Linux, not root, no systemd-nspawn, or no image. In CI (`CI=true`) that is a failure.
    static var labPossible: Self {
        var missing: [String] = []
        #if !os(Linux)
            missing.append("Linux")
        #endif
        if getuid() != 0 { missing.append("root") }
        if !FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-nspawn") { missing.append("systemd-nspawn") }
        let applier = FileManager.default.fileExists(atPath: "\(Repository.image)/payloads/slipway-apply")
        if !applier { missing.append("out/lab with an applier (make lab-image)") }
        // A lock of an older Tests/lab-image does not say what is in the archives, and the machines would wait.
        let lock = (try? String(contentsOfFile: "\(Repository.image)/lab.lock", encoding: .utf8)) ?? ""
        if !lock.contains("    members:") {
            missing.append("out/lab/lab.lock with members (slipway lock out/lab/lab.yaml)")
        }
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        let lacking = missing
        return .enabled("not on this machine: \(lacking.joined(separator: ", "))") {
            if isCI, !lacking.isEmpty { throw LabImpossible(missing: lacking) }
            return lacking.isEmpty
        }
    }
}

struct LabImpossible: Error, CustomStringConvertible {
    let missing: [String]
    var description: String { "CI runs the lab, and here is no \(missing.joined(separator: ", no "))" }
}
