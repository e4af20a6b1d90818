import Foundation
package import Testing

/// Where a test runs: on a workstation that may lack things, or in CI (`CI=true`), which has all that tests need.
package enum Workplace {
    package static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test on a workstation that lacks one of the programs, and says which; in CI a missing one is a failure.
    package static func needs(_ tools: Tool...) -> Self {
        needs(missing: tools.filter { $0.path == nil }.map(\.name))
    }

    package static func needs(_ programs: String...) -> Self {
        needs(missing: programs.filter { Tool($0).path == nil })
    }

    /// The same, for a test that makes network namespaces and mounts of its own: Linux and root.
    package static func needsRoot(_ tools: Tool...) -> Self {
        needs(missing: notRoot + ([.ip] + tools).filter { $0.path == nil }.map(\.name))
    }

    /// The rule behind all of these, for needs of other kinds.
    ///
    /// - Parameters:
    ///   - missing: what this machine lacks, in words.
    ///   - advice: how to get it.
    package static func needs(missing: [String], advice: String = ToolMissing.advice) -> Self {
        .enabled("not on this machine: \(missing.joined(separator: ", "))") {
            if Workplace.isCI, !missing.isEmpty { throw ToolMissing(names: missing, advice: advice) }
            return missing.isEmpty
        }
    }

    /// What a process lacks that is not root on Linux.
    package static var notRoot: [String] {
        var missing: [String] = []
        #if !os(Linux)
            missing.append("Linux")
        #endif
        if getuid() != 0 { missing.append("root") }
        return missing
    }
}

/// A test asked for something that is not on this machine.
package struct ToolMissing: Error, CustomStringConvertible {
    package static let advice = "Tests/provision installs it on Debian"

    let names: [String]
    let advice: String

    package init(names: [String], advice: String = Self.advice) {
        self.names = names
        self.advice = advice
    }

    package var description: String { "not on this machine: \(names.joined(separator: ", ")); \(advice)" }
}
