import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching

@Suite("depot mirror")
struct DepotMirrorTests {
    @Test("holds what the source holds, keeps its own directory, and drops what is no longer named")
    func fill() throws {
        let directory = try TemporaryDirectory()
        let (source, target) = (directory.path + "/source", directory.path + "/target")
        try directory.write("{}", to: "source/depot.json")
        try directory.write("applier", to: "source/slipway-apply")
        try directory.write("old", to: "source/blobs/sha256/aa")
        try DepotMirror.fill(target, from: source)
        let identity = Files.identity(of: target)
        #expect(try directory.read("target/blobs/sha256/aa") == "old")

        try FileManager.default.removeItem(atPath: source + "/blobs/sha256/aa")
        try directory.write("new", to: "source/blobs/sha256/bb")
        try directory.write("another applier", to: "source/slipway-apply")
        try DepotMirror.fill(target, from: source)
        #expect(try directory.names("target/blobs/sha256") == ["bb"])
        #expect(try directory.read("target/slipway-apply") == "another applier")
        #expect(Files.identity(of: target) == identity, "machines have it mounted")
    }

    @Test("without depot.json or the applier it is no depot", arguments: ["depot.json", "slipway-apply"])
    func incomplete(_ only: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("{}", to: "source/\(only)")
        let source = directory.path + "/source"
        #expect(throws: LaunchError.noDepot(path: source)) {
            try DepotMirror.fill(directory.path + "/target", from: source)
        }
    }
}
