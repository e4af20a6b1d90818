import LabSupport
import TestSupport
import Testing

/// Brings the lab up before the suite's first test and destroys it after the last one, however they ended.
struct LabTrait: SuiteTrait, TestScoping {
    private static let instances = ["lab", "second", "broken"]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let lab = Lab("lab", directory: "\(Repository.image)/tests")
        try await lab.hold(
            instances: Self.instances,
            start: {
                try lab.slipway(
                    "up", lab.bundle, "--base", "\(Repository.image)/base", "--wait", "--timeout", "240", limit: 280)
            }, traces: { try Traces.find(of: lab, instances: Self.instances) }, during: body)
    }
}

extension Trait where Self == LabTrait {
    static var lab: Self { LabTrait() }
}
