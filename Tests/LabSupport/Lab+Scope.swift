import Foundation
import HostSystem
import SystemPackage
import TestSupport

extension Lab {
    package struct LeftBehind: Error, CustomStringConvertible {
        let what: [String]
        package var description: String { "left behind: \(what.joined(separator: ", "))" }
    }

    /// Has machines for the time of `body`: makes secrets and a bundle, lets `start` bring machines up, and destroys the
    /// instances named afterwards, however it ended. That nothing is left of them is part of the test.
    package func hold(
        instances: [String], start: () throws -> Void, traces: () throws -> [String],
        during body: @Sendable () async throws -> Void
    ) async throws {
        let turn = try await Self.turn()
        defer { try? turn.close() }
        // What a run left that was killed.
        try clear(instances)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try slipway("secrets", "new", "\(directory)/secret")
            let packages = try run(["\(Repository.root.path)/Tests/lab-packages", Repository.slipway.path, name])
            guard packages.status == 0 else { throw Failed(command: "Tests/lab-packages", result: packages) }
            try slipway("fetch", topology)
            try Bundles.build(in: self, templates: Repository.templates.path, to: bundle)
            try start()
            try await Lab.$current.withValue(self) { try await body() }
        } catch {
            try? clear(instances)
            throw error
        }
        try clear(instances)
        let left = try traces()
        guard left.isEmpty else { throw LeftBehind(what: left) }
    }

    /// Waits until no other lab is up on this host, whoever runs it: two at a time would be too slow for what tests wait for.
    private static func turn() async throws -> FileDescriptor {
        try FileManager.default.createDirectory(atPath: Repository.image, withIntermediateDirectories: true)
        let file = try Files<SystemError>.openForAppending("\(Repository.image)/turn.lock")
        while try !SystemCalls.lock(file, wait: false) { try await Task.sleep(for: .milliseconds(500)) }
        return file
    }

    private func clear(_ instances: [String]) throws {
        for name in instances { try slipway("destroy", name, "--missing-ok") }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
