import Foundation
import Testing

@testable import Launching

extension Trait where Self == ConditionTrait {
    /// Skips the test where a program is not installed; in CI (`CI=true`) a missing one is a failure.
    static func needsQemu(_ programs: String...) -> Self {
        let missing = programs.filter { (try? ProcessRunner.executable($0)) == nil }
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        return .enabled("not on this machine: \(missing.joined(separator: ", "))") {
            if isCI, !missing.isEmpty { throw LaunchError.missingProgram(missing.joined(separator: ", ")) }
            return missing.isEmpty
        }
    }
}
