import BuildPlan
import ClusterModel
import Testing
import Values

struct ContainerdPlanTests {
    @Test func binariesComeFromTheReleaseArchive() throws {
        let uses = try SamplePlan.machine(.worker).payloads.filter { $0.payload.name == "containerd" }
        #expect(uses.map(\.member) == ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"])
        #expect(uses.map(\.path) == ["containerd", "containerd-shim-runc-v2", "ctr"].map { "/usr/local/bin/\($0)" })
    }

    @Test func imagesAreThereBeforeAnyNetworkIs() throws {
        let images = try SamplePlan.machine(.worker).payloads.filter { $0.payload.kind == .image }.map(\.payload.name)
        #expect(images.contains("image-pause"))
        #expect(images.contains("image-coredns"))
    }

    @Test func onlyWorkersRunContainers() throws {
        for machine in try SamplePlan.plan().machines where machine.machine.role != .worker {
            #expect(machine.unit("containerd.service") == nil, "\(machine.machine.name)")
        }
        #expect(try SamplePlan.machine(.worker).unit("containerd.service") != nil)
    }
}
