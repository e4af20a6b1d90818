import BuildPlan
import ClusterModel
import Testing
import Values

struct CloudInitPlanTests {
    @Test(arguments: Role.allCases)
    func everyMachineHasTheThreeDocuments(role: Role) throws {
        let documents = try SamplePlan.machine(role).seedDocuments
        #expect(documents.map(\.path) == ["user-data", "meta-data", "network-config"])
    }

    @Test func onlyUserDataFollowsFromTheSecretsFile() throws {
        let documents = try SamplePlan.machine(.etcd).seedDocuments
        #expect(documents.map(\.content.exposure) == [.derived, .open, .open])
    }
}
