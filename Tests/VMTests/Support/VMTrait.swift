import Foundation
import LabSupport
import Testing

/// Boots the machines before the suite's first test and destroys them after the last one, however they ended.
struct VMTrait: SuiteTrait, TestScoping {
    struct LeftBehind: Error, CustomStringConvertible {
        let what: [String]
        var description: String { "left behind: \(what.joined(separator: ", "))" }
    }

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void)
        async throws
    {
        let lab = Lab("vm", directory: "\(Repository.image)/vm-tests")
        // What a run left that was killed.
        try clear(lab)
        do {
            try prepare(lab)
            try await Lab.$current.withValue(lab) { try await body() }
        } catch {
            try? clear(lab)
            throw error
        }
        let tags = try Qemu.tags(of: lab)
        try clear(lab)
        let left = try tags.flatMap { try Qemu.processes(tag: $0).map(\.line) }
        guard left.isEmpty else { throw LeftBehind(what: left) }
    }

    private func prepare(_ lab: Lab) throws {
        try FileManager.default.createDirectory(atPath: lab.directory, withIntermediateDirectories: true)
        try lab.slipway("secrets", "new", "\(lab.directory)/secret")
        try lab.slipway("fetch", lab.topology)
        try Bundles.build(in: lab, templates: Repository.templates, to: lab.bundle)
        let begin = Date()
        try lab.slipway("up", lab.bundle, "--wait", "--timeout", "420", limit: 450)
        print("vm-test: five machines ready after \(Int(Date().timeIntervalSince(begin))) s")
    }

    private func clear(_ lab: Lab) throws {
        for name in ["vm", "second"] { try lab.slipway("destroy", name) }
        try? FileManager.default.removeItem(atPath: lab.directory)
    }
}

extension Trait where Self == VMTrait {
    static var machines: Self { VMTrait() }
}
