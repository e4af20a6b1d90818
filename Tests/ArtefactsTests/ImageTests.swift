import BuildPlan
import ClusterModel
import Testing
import Values

/// Every image that something rendered names is a payload, and nothing is fetched that nobody names.
struct ImageTests {
    @Test(arguments: UpstreamReleases.kubernetes.map(\.minor), PodNetwork.allCases)
    func arePlanned(minor: Int, network: PodNetwork) throws {
        let sample = try RenderedSample("kubernetes: { version: 1.\(minor).0, cni: \(network.rawValue) }")
        let named = try sample.all().values.reduce(into: Set<ImageReference>()) { named, bytes in
            named.formUnion(ImageReference.named(in: String(decoding: bytes, as: UTF8.self)))
        }
        // The pause image of containerd's configuration and the cluster's DNS server.
        #expect(named.count == 2)
        let planned = Set(
            sample.plan.payloads.compactMap { payload -> ImageReference? in
                guard case .registry(let image, _) = payload.source else { return nil }
                return image
            })
        #expect(named.subtracting(planned) == [])
        // What is left over are the images of upstream's own manifest.
        let rest = planned.subtracting(named)
        #expect(rest.allSatisfy { $0.repository.hasPrefix("calico/") }, "\(rest)")
        #expect(rest.isEmpty == (network == .bridge))
    }

    @Test func areFoundInManifests() throws {
        let text = """
            containers:
              - name: a
                image: "quay.io/calico/node:v3.32.1"  # comment
              - image: busybox
              # image: nobody/x
            sandbox_image = "registry.k8s.io/pause:3.10"
            imagePullPolicy: IfNotPresent
            image: {{x}}
            """
        #expect(
            ImageReference.named(in: text).map(\.description).sorted() == [
                "docker.io/library/busybox:latest", "quay.io/calico/node:v3.32.1", "registry.k8s.io/pause:3.10",
            ])
    }
}
