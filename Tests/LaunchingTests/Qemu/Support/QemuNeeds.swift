import HostSystem
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips the test where a program is not installed that the launcher would run; in CI a missing one is a failure.
    static func needsQemu(_ programs: String...) -> Self {
        needs(missing: programs.filter { ExternalCommand.locate($0) == nil })
    }
}
