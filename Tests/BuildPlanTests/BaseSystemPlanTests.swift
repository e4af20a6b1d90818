import BuildPlan
import ClusterModel
import Testing
import Values

struct BaseSystemPlanTests {
    private static let modules = "/etc/modules-load.d/kubernetes.conf"
    private static let settings = "/etc/sysctl.d/90-kubernetes.conf"

    @Test(arguments: Role.allCases)
    func everyMachineHasNamesTrustAndTheApplier(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        let root = "/usr/local/share/ca-certificates/slipway-root.crt"
        #expect(plan.file("/etc/hostname") != nil)
        #expect(plan.file("/etc/hosts") != nil)
        #expect(plan.file(root)?.content == .trust([.root]))
        #expect(plan.unit("slipway-trust.service")?.restartOn == [root])
        #expect(
            plan.payloads.contains { $0.payload.name == "slipway-apply" && $0.path == "/usr/local/sbin/slipway-apply" })
    }

    @Test(arguments: Role.allCases)
    func kernelSettingsOnlyWherePodsRun(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        #expect((plan.file(Self.modules) != nil) == (role == .worker))
        #expect((plan.file(Self.settings) != nil) == (role == .worker))
    }

    @Test func bridgeSettingsAreReadAfterTheirModuleIsLoaded() throws {
        let names = try SamplePlan.machine(.worker).units.map(\.name)
        let load = try #require(names.firstIndex(of: "systemd-modules-load.service"))
        let apply = try #require(names.firstIndex(of: "systemd-sysctl.service"))
        #expect(load < apply)
    }

    @Test func aContainerLeavesTheHostsKernelAndClockAlone() throws {
        let plan = try SamplePlan.machine(.worker, SamplePlan.sharedKernel)
        #expect(plan.file(Self.modules) == nil)
        #expect(plan.file(Self.settings) == nil)
        #expect(plan.file("/etc/systemd/timesyncd.conf.d/10-slipway.conf") == nil)
        #expect(plan.unit("systemd-sysctl.service") == nil)
    }
}
