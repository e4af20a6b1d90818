import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching

@Suite("instances")
struct InstanceTests {
    @Test("what was saved is read back")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let instance = try Sample.instance(root: directory.path)
        try Files.makeDirectory(instance.paths.directory)
        try instance.save()
        #expect(try Instance.open(instance.paths) == instance)
        #expect(Instance.names(in: directory.path) == ["lab"])
    }

    @Test("one that is not there, and one that is damaged")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let paths = try InstancePaths(name: "lab", root: directory.path)
        let missing = #expect(throws: LaunchError.self) { try Instance.open(paths) }
        #expect(
            missing?.description
                == "there is no instance 'lab' in \(directory.path). Make it with: slipway up BUNDLE --name lab")
        try directory.write("{}", to: "lab/launch.json")
        try directory.write("{}", to: "lab/instance.json")
        let damaged = #expect(throws: LaunchError.self) { try Instance.open(paths) }
        #expect(damaged?.description.hasPrefix("\(paths.record): ") == true)
        #expect(damaged?.description.hasSuffix("The instance is damaged: destroy it, and bring it up again.") == true)
    }

    @Test("names that could lead elsewhere are refused", arguments: ["", "..", "a/b", "-a", "a-", "A", "a.b"])
    func badNames(_ name: String) {
        #expect(throws: LaunchError.badName(name)) { try InstancePaths(name: name, root: "/s") }
    }

    @Test("two instances share no name outside their directories")
    func tags() throws {
        let tags = try [("lab", "/s"), ("lab", "/t"), ("two", "/s")].map {
            try InstancePaths(name: $0.0, root: $0.1).tag
        }
        #expect(Set(tags).count == 3)
        #expect(tags.allSatisfy { $0.utf8.count == 16 })
    }

    @Test("machines are found by name, and a wrong name lists the right ones")
    func machines() throws {
        let instance = try Sample.instance()
        #expect(try instance.machines([]).map(\.name) == ["etcd-1", "worker-1"])
        #expect(try instance.machines(["worker-1"]).map(\.name) == ["worker-1"])
        let error = #expect(throws: LaunchError.self) { try instance.machines(["etcd-9"]) }
        #expect(error?.description == "'lab' has no machine 'etcd-9'; it has: etcd-1, worker-1")
    }

    @Test("the lock is held by one, given back by its end, and does not outlive the directory")
    func lock() throws {
        let directory = try TemporaryDirectory()
        let paths = try InstancePaths(name: "lab", root: directory.path)
        var first: InstanceLock? = try InstanceLock.take(paths)
        #expect(throws: LaunchError.busy(instance: "lab")) { try InstanceLock.take(paths) }
        withExtendedLifetime(first) {}
        first = nil
        _ = try InstanceLock.take(paths)
    }
}
