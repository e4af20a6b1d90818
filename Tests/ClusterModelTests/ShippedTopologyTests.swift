import ClusterModel
import Diagnostics
import Foundation
import Testing
import Values

/// What a shipped topology's first line says about sizes is the sum of its machines'.
@Suite struct ShippedTopologyTests {
    @Test(arguments: ["ha", "ha-full"]) func firstLineAddsUp(name: String) throws {
        let topologies = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "topologies")
        let text = try String(contentsOf: topologies.appending(path: "\(name).yaml"), encoding: .utf8)
        let machines = try #require(Sample.resolve(text).0?.machines)
        func sum(_ amount: (MachineSize) -> Int) -> Int { machines.reduce(0) { $0 + amount($1.size) } }
        #expect(
            text.split(separator: "\n").first?.hasSuffix(
                " of \(machines.count) machines: \(sum(\.cpus)) CPUs, \(sum(\.memory.mebibytes) / 1024) GiB of memory, "
                    + "\(sum(\.disk.mebibytes) / 1024) GiB of disk.") == true)
    }
}
