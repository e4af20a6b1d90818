import ClusterModel
import Diagnostics
import Testing
import TopologySpec
import Values

@Suite struct ValidityCheckTests {
    /// The sample's leaves live one year from 2026-11-22, its issuing authorities three.
    @Test(
        arguments: [
            ("2026-11-22", nil, Severity.note), ("2027-07-22", nil, .note),
            ("2027-07-24", "leaf certificates are past two thirds of their life", .warning),
            ("2027-11-22", "leaf certificates expired at 2027-11-22T00:00:00Z", .error),
            ("2030-01-01", "issuing certificates expired", .error),
            ("2030-01-01", "leaf certificates expired at 2027-11-22T00:00:00Z", .error),
            ("2026-11-21", "certificates begin at 2026-11-21T23:00:00Z", .warning),
        ] as [(String, String?, Severity)])
    func looksAtTheClock(now: String, message: String?, severity: Severity) throws {
        var report = Report()
        let topology = try #require(TopologyReader.read(SourceText(file: "t.yaml", text: Sample.small), into: &report))
        let cluster = try #require(ClusterResolver.resolve(topology, into: &report))
        report = Report()
        ValidityCheck(cluster: cluster, topology: topology).run(at: try #require(Timestamp(now)), into: &report)
        guard let message else {
            #expect(report.diagnostics.isEmpty)
            return
        }
        let finding = try #require(report.diagnostics.first { $0.message.contains(message) }, "\(report.diagnostics)")
        #expect(finding.severity == severity && finding.position?.line == 3)
        #expect(report.count == 1, "one date is one finding")
    }

    @Test func blamesTheEnvironmentForItsDate() throws {
        var report = Report()
        let topology = try #require(TopologyReader.read(SourceText(file: "t.yaml", text: Sample.small), into: &report))
        let epoch = Timestamp(secondsSince1970: 1)
        let cluster = try #require(ClusterResolver.resolve(topology, sourceDateEpoch: epoch, into: &report))
        report = Report()
        ValidityCheck(cluster: cluster, topology: topology, sourceDateEpoch: epoch)
            .run(at: try #require(Timestamp("2026-11-23")), into: &report)
        let finding = try #require(report.diagnostics.first)
        #expect(finding.subject == "SOURCE_DATE_EPOCH" && finding.position == nil)
        #expect(finding.help?.contains("SOURCE_DATE_EPOCH=1") == true)
    }
}
