import BuildPlan
import ClusterModel
import Testing
import Values

struct OperatorPlanTests {
    @Test func filesAreRelativeAndSecretsClosed() throws {
        let files = try SamplePlan.plan().operator.files
        #expect(
            files.map(\.path) == ["kubeconfig", "ssh_config", "known_hosts", "hosts", "id_operator", "id_operator.pub"])
        for file in files {
            #expect((file.mode == 0o600) == (file.content.exposure == .secret), "\(file.path)")
        }
    }

    @Test func certificateIsTheOperatorsOwn() throws {
        let plan = try SamplePlan.plan()
        #expect(plan.operator.leaves.map(\.kind) == [.admin])
        #expect(plan.operator.leaves.map(\.key.holder) == [KeyKind.operatorName])
        #expect(plan.operator.leaves.first?.organizations == ["system:masters"])
        let jump = plan.machines.first { $0.machine.role == .jump }?.leaf(.admin)
        #expect(jump?.key.path != plan.operator.leaves.first?.key.path)
    }

    @Test func kubeconfigPointsAtTheLoadBalancer() throws {
        let file = try #require(SamplePlan.plan().operator.files.first { $0.path == "kubeconfig" })
        #expect(file.content == .kubeconfig(.admin, server: "https://192.168.64.10:6443"))
    }
}
