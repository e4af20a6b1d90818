import ClusterModel
import Diagnostics
import Testing
import TopologySpec
import Values

@Suite struct ClusterResolverTests {
    @Test func fillsInDefaultsAndExpandsGroups() throws {
        let (cluster, report) = resolve(Sample.small)
        #expect(!report.isFatal(), "\(report.diagnostics)")
        let resolved = try #require(cluster)
        #expect(resolved.machines.map(\.name) == ["jump", "etcd-1", "master-1", "worker-1", "worker-2", "worker-3"])
        #expect(
            resolved.machines(.worker).map(\.address.description) == [
                "192.168.64.41", "192.168.64.42", "192.168.64.43",
            ])
        #expect(resolved.machines(.worker).map(\.ordinal) == [0, 1, 2])
        #expect(resolved.network.apiServiceAddress.description == "10.96.0.1")
        #expect(resolved.network.dnsServiceAddress.description == "10.96.0.10")
        #expect(resolved.network.dns == [resolved.network.gateway])
        #expect(resolved.apiURL == "https://192.168.64.31:6443")
        #expect(resolved.login == "k8s")
        #expect(resolved.machines(.worker).first?.size.memory == .gibibytes(6))
    }

    @Test func identitiesFollowFromNamesAlone() throws {
        let first = try #require(resolve(Sample.small).0)
        let second = try #require(
            resolve(Sample.small.replacing("address: 192.168.64.12", with: "address: 192.168.64.99")).0)
        #expect(first.machines.map(\.mac) == second.machines.map(\.mac))
        #expect(first.machines.map(\.uuid) == second.machines.map(\.uuid))
        let other = try #require(resolve(Sample.small.replacing("name: small", with: "name: other")).0)
        #expect(Set(first.machines.map(\.mac)).isDisjoint(with: other.machines.map(\.mac)))
    }

    @Test func sourceDateEpochWins() throws {
        var report = Report()
        let topology = try #require(TopologyReader.read(SourceText(file: "t.yaml", text: Sample.small), into: &report))
        let cluster = ClusterResolver.resolve(
            topology, sourceDateEpoch: Timestamp(secondsSince1970: 86_400), into: &report)
        #expect(cluster?.epoch.description == "1970-01-02T00:00:00Z")
    }

    @Test func generationsFallBackFromMachineToKind() throws {
        let (cluster, _) = resolve(
            Sample.small + "pki: { generations: { kubelet-server: 2, kubelet-server/worker-1: 5 } }\n")
        let pki = try #require(cluster?.pki)
        #expect(pki.generation(of: .leaf(.kubeletServer), holder: "worker-1") == 5)
        #expect(pki.generation(of: .leaf(.kubeletServer), holder: "worker-2") == 2)
        #expect(pki.generation(of: .authority(.etcd)) == 1)
    }

    @Test func thousandsOfWorkersAreOneLine() throws {
        let text = Sample.small
            .replacing(
                "role: worker, address: 192.168.64.41, count: 3", with: "role: worker, address: 10.1.0.1, count: 5000"
            )
            .replacing(
                "network: {}",
                with: "network: { subnet: 10.0.0.0/9, gateway: 10.0.0.1, services: 172.20.0.0/16, pods: 172.24.0.0/13 }"
            )
            .replacing("192.168.64.", with: "10.0.0.")
        let (cluster, report) = resolve(text)
        #expect(report.count(.error) == 0, "\(report.diagnostics.prefix(3))")
        #expect(cluster?.machines(.worker).last?.address.description == "10.1.19.136")
        #expect(Set(cluster?.machines.map(\.mac) ?? []).count == 5003)
    }

    private func resolve(_ text: String) -> (Cluster?, Report) { Sample.resolve(text) }
}
