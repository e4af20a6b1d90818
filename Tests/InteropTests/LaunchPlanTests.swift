import Foundation
import TestSupport
import Testing

/// The launch definitions in the bundles of the shipped topologies.
///
/// UTMTests makes machines of the recorded ones, without the compiler that writes them; here is looked whether it
/// writes them still. `SLIPWAY_RECORD=1` records, and fails.
@Suite(.needs(.tar)) struct LaunchPlanTests {
    private static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1"

    @Test(arguments: ["ha", "ha-full", "simple"]) func definitionsAreAsRecorded(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        let layer = try #require(try OCI.layers(of: bundle.layout).first { $0.title == "launch.json" })
        let written = try Data(contentsOf: OCI.blob(layer, in: bundle.layout))
        let golden = Repository.root.appendingPathComponent("Tests/UTMTests/Golden/\(topology).launch.json")
        if Self.isRecording {
            try written.write(to: golden)
            Issue.record("recorded \(golden.lastPathComponent); look at it, then run without SLIPWAY_RECORD")
            return
        }
        #expect(String(decoding: written, as: UTF8.self) == (try String(contentsOf: golden, encoding: .utf8)))
    }
}
