import BuildPlan
import ClusterModel
import Testing
import Values

struct CNIPlanTests {
    private static let bridge = "kubernetes: { cni: bridge }"

    @Test func bridgeIsDecidedHere() throws {
        let plan = try SamplePlan.machine(.worker, Self.bridge)
        #expect(plan.file("/etc/cni/net.d/10-slipway.conflist") != nil)
        #expect(plan.unit("slipway-pod-routes.service")?.restartOn == ["/etc/slipway/pod-routes"])
        let plugins = plan.payloads.filter { $0.payload.name == "cni-plugins" }
        #expect(
            plugins.compactMap(\.path) == ["bridge", "host-local", "loopback", "portmap"].map { "/opt/cni/bin/\($0)" })
        #expect(!plan.payloads.contains { $0.payload.name.contains("calico") })
    }

    /// What Calico's own pod writes must not be ours: every check would call it drift.
    @Test func calicoWritesItsOwnConfigurationAndPlugins() throws {
        let plan = try SamplePlan.machine(.worker)
        #expect(!plan.files.contains { $0.path.hasPrefix("/etc/cni/") })
        #expect(!plan.payloads.contains { $0.path?.hasPrefix("/opt/cni/") == true })
        #expect(plan.unit("slipway-pod-routes.service") == nil)
        let images = plan.payloads.map(\.payload.name).filter { $0.hasPrefix("image-calico-") }
        #expect(images == ["image-calico-cni", "image-calico-node", "image-calico-kube-controllers"])
    }

    @Test(arguments: ["", bridge])
    func directoriesExistEitherWay(settings: String) throws {
        let paths = try SamplePlan.machine(.worker, settings).directories.map(\.path)
        #expect(paths.contains("/opt/cni/bin"))
        #expect(paths.contains("/etc/cni/net.d"))
    }
}
