import Foundation
import LabSupport
import Launching
import Testing

/// Brings the lab up before the suite's first test and destroys it after the last one, however they ended.
struct LabTrait: SuiteTrait, TestScoping {
    struct LeftBehind: Error, CustomStringConvertible {
        let what: [String]
        var description: String { "left behind: \(what.joined(separator: ", "))" }
    }

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void)
        async throws
    {
        let lab = Lab("lab", directory: "\(Repository.image)/tests")
        // What a run left that was killed.
        try clear(lab)
        do {
            try prepare(lab)
            try await Lab.$current.withValue(lab) { try await body() }
        } catch {
            try? clear(lab)
            throw error
        }
        try clear(lab)
        let left = try Traces.find(of: lab)
        guard left.isEmpty else { throw LeftBehind(what: left) }
    }

    private func prepare(_ lab: Lab) throws {
        try FileManager.default.createDirectory(atPath: lab.directory, withIntermediateDirectories: true)
        try lab.slipway("secrets", "new", "\(lab.directory)/secret")
        try lab.slipway("fetch", lab.topology)
        try Bundles.build(in: lab, templates: Repository.templates, to: lab.bundle)
        try lab.slipway(
            "up", lab.bundle, "--base", "\(Repository.image)/base", "--wait", "--timeout", "240", limit: 280)
    }

    private func clear(_ lab: Lab) throws {
        for name in ["lab", "second", "broken"] { try lab.slipway("destroy", name) }
        try? FileManager.default.removeItem(atPath: lab.directory)
    }
}

extension Trait where Self == LabTrait {
    static var lab: Self { LabTrait() }
}
