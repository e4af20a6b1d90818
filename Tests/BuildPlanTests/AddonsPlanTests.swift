import BuildPlan
import ClusterModel
import Testing
import Values

struct AddonsPlanTests {
    private static let directory = "/etc/slipway/addons"

    @Test func calicoIsTheManifestAsPublishedAndAPatch() throws {
        let plan = try SamplePlan.machine(.jump)
        let manifest = try #require(plan.payloads.first { $0.payload.name == "calico-manifest" })
        #expect(manifest.path == "\(Self.directory)/calico.yaml")
        #expect(manifest.mode == 0o644)
        #expect(plan.file("\(Self.directory)/calico-node.yaml") != nil)
        #expect(plan.unit("slipway-addons.service")?.restartOn.contains("\(Self.directory)/calico.yaml") == true)
    }

    @Test func bridgeNeedsNoManifest() throws {
        let plan = try SamplePlan.machine(.jump, "kubernetes: { cni: bridge }")
        #expect(!plan.payloads.contains { $0.payload.name == "calico-manifest" })
        #expect(plan.file("\(Self.directory)/calico-node.yaml") == nil)
        #expect(plan.file("\(Self.directory)/coredns.yaml") != nil)
    }

    @Test func runsUnderAnAccountOfItsOwn() throws {
        let plan = try SamplePlan.machine(.jump)
        #expect(plan.accounts.contains { $0.name == "slipway-addons" })
        let kubeconfig = try #require(plan.file("/etc/slipway/addons.kubeconfig"))
        #expect(kubeconfig.owner == "slipway-addons")
        #expect(kubeconfig.mode == 0o600)
        // Not a second certificate: the jump host has one for administration.
        #expect(plan.leaves.filter { $0.kind == .admin }.count == 1)
    }
}
