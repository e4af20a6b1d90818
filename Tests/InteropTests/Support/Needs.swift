import Foundation
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips the test on a workstation that lacks one of the programs; in CI (`CI=true`) a missing one is a failure.
    static func needs(_ tools: Tool...) -> Self { condition(missing: tools.filter { $0.path == nil }.map(\.name)) }

    /// The same, for a test that makes network namespaces and mounts of its own: Linux and root.
    static func needsRoot(_ tools: Tool...) -> Self {
        var missing = ([.ip] + tools).filter { $0.path == nil }.map(\.name)
        #if !os(Linux)
            missing.append("Linux")
        #endif
        if getuid() != 0 { missing.append("root") }
        return condition(missing: missing)
    }

    private static func condition(missing: [String]) -> Self {
        let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
        return .enabled("not on this machine: \(missing.joined(separator: ", "))") {
            if isCI, !missing.isEmpty { throw ToolMissing(names: missing) }
            return missing.isEmpty
        }
    }
}
