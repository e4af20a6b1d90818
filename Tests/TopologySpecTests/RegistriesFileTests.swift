import Diagnostics
import Testing
import TopologySpec
import Values

@Suite("Mirrors of registries")
struct RegistriesFileTests {
    private func read(_ text: String) -> (mirrors: RegistryMirrors, report: Report) {
        var report = Report()
        let mirrors = RegistriesFile.read(SourceText(file: "registries.yaml", text: text), into: &report)
        return (mirrors, report)
    }

    @Test("are asked in their order, and the star's for registries that are not named")
    func reading() throws {
        let (mirrors, report) = read(
            """
            mirrors:
              docker.io:
                endpoint: [https://one.example:5000, "https://two.example/v2/hub/"]
              "*":
                endpoint: ["http://127.0.0.1:5000"]
            """)
        #expect(!report.isFatal())
        let hub = try #require(RegistryHost("index.docker.io"))
        #expect(
            mirrors[hub].map(\.description) == ["https://one.example:5000/v2", "https://two.example/v2/hub"])
        let other = try #require(RegistryHost("quay.io"))
        #expect(mirrors[other].map(\.description) == ["http://127.0.0.1:5000/v2"])
    }

    @Test(
        "are refused where they are no address, or would be asked in the clear",
        arguments: [
            "http://mirror.example", "mirror.example", "https://", "https://user@mirror.example",
            "ftp://mirror.example",
            "https://mirror.example/../x", "https://mirror.example/a?b",
        ])
    func refused(endpoint: String) {
        #expect(read("mirrors: { docker.io: { endpoint: [\"\(endpoint)\"] } }").report.isFatal())
        #expect(read("mirrors: { \"a b\": { endpoint: [] } }").report.isFatal())
        #expect(read("mirors: {}").report.isFatal())
    }
}
