import Foundation
import LabSupport
import TestSupport
import Testing

/// Boots the machines before the suite's first test and destroys them after the last one, however they ended.
struct VMTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let lab = Lab("vm", directory: "\(Repository.image)/vm-tests")
        try await lab.hold(
            instances: ["vm", "second"],
            start: {
                let begin = Date()
                try lab.slipway("up", lab.bundle, "--wait", "--timeout", "900", limit: 930)
                print("vm-test: five machines ready after \(Int(Date().timeIntervalSince(begin))) s")
            }, traces: { try Qemu.tags(of: lab).flatMap { try Qemu.processes(tag: $0).map(\.line) } }, during: body)
    }
}

extension Trait where Self == VMTrait {
    static var machines: Self { VMTrait() }
}
