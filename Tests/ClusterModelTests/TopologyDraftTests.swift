import Diagnostics
import Testing
import TopologySpec
import Values

@testable import ClusterModel

@Suite struct TopologyDraftTests {
    private func draft(memory: Int?) throws -> TopologyDraft {
        TopologyDraft(
            name: "x", epoch: try #require(Timestamp("2026-11-22T10:00:00Z")), architecture: .amd64,
            subnet: try IPv4Network(parsing: "192.168.64.0/24"), memory: memory.map(ByteSize.gibibytes))
    }

    /// Whatever is chosen: no error, and the machines that were asked for.
    @Test(arguments: [nil, 4, 12, 36, 64]) func whateverIsChosenPassesEveryCheck(memory: Int?) throws {
        for controlPlanes in [1, 2, 9] {
            for etcdMembers in [1, 3, 7] {
                for workers in [1, 3, 100] {
                    for flags in 0..<8 {
                        var draft = try draft(memory: memory)
                        (draft.controlPlanes, draft.etcdMembers, draft.workers) = (controlPlanes, etcdMembers, workers)
                        (draft.hasVault, draft.sharesKernel) = (flags & 1 == 0, flags & 2 == 0)
                        draft.architecture = flags & 4 == 0 ? .arm64 : .amd64
                        draft.fit(memory.map(ByteSize.gibibytes))
                        var report = Report()
                        let source = SourceText(file: "x.yaml", text: draft.text(schema: "s.json"))
                        let topology = try #require(TopologyReader.read(source, into: &report))
                        let cluster = ClusterResolver.resolve(topology, into: &report)
                        let complaints = report.diagnostics.filter { $0.severity != .note }
                        #expect(complaints.isEmpty, "\(source.text)")
                        let machines = try #require(cluster).machines
                        #expect(machines.count == draft.machineCount)
                        #expect(
                            machines.reduce(0) { $0 + $1.size.memory.mebibytes } == draft.memory.mebibytes)
                        #expect(machines.count { $0.role == .worker } == workers)
                    }
                }
            }
        }
    }

    /// A Mac with 16 GB gives its machines 12, one with 48 GB gives 36; more than enough gives the sizes of `ha.yaml`.
    @Test(arguments: [(12, 6, TopologyDraft.Sizes.small), (36, 11, .medium), (64, 11, .large), (4, 6, .small)])
    func sizesFitTheMemory(memory: Int, machines: Int, sizes: TopologyDraft.Sizes) throws {
        let draft = try draft(memory: memory)
        #expect(draft.machineCount == machines && draft.sizes == sizes)
        #expect(memory == 4 || draft.memory <= .gibibytes(memory))
    }

    @Test func theSubnetIsOneThatNobodyHas() throws {
        func free(_ taken: String...) throws -> String? {
            TopologyDraft.freeSubnet(besides: try taken.map { try IPv4Network(parsing: $0) })?.description
        }
        #expect(try free() == "192.168.64.0/24")
        #expect(try free("192.168.64.0/25", "10.0.0.0/8") == "192.168.65.0/24")
        #expect(try free("192.168.0.0/16") == "172.16.64.0/24")
        // Not the pods' nor the services' either.
        #expect(try free("192.168.0.0/16", "172.16.0.0/12", "10.1.64.1/32") == "10.2.64.0/24")
        #expect(try free("0.0.0.0/0") == nil)
    }
}
