import Testing
import Values

@Suite("Names of images")
struct ImageReferenceTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(
        "have one spelling, the one that containerd keeps",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest"),
            ("calico/node:v3.31.2", "docker.io/calico/node:v3.31.2"),
            ("index.docker.io/library/busybox", "docker.io/library/busybox:latest"),
            ("registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io/coredns/coredns:v1.12.1"),
            ("registry.k8s.io/pause:3.10@" + digest, "registry.k8s.io/pause:3.10@" + digest),
            ("quay.io/a__b/c-d---e.f@" + digest, "quay.io/a__b/c-d---e.f@" + digest),
            ("localhost/x:T_1.-", "localhost/x:T_1.-"), ("localhost:5000/x/y", "localhost:5000/x/y:latest"),
            ("127.0.0.1:5000/x:1", "127.0.0.1:5000/x:1"), ("[::1]:5000/x:1", "[::1]:5000/x:1"),
            ("REGISTRY.example/x:1", "registry.example/x:1"),
        ])
    func spelling(text: String, expected: String) throws {
        let image = try ImageReference(parsing: text)
        #expect(image.description == expected)
        #expect(try ImageReference(parsing: image.description) == image)
    }

    @Test(
        "that could be something else are refused",
        arguments: [
            "", "/", "x/", "/x", "x//y", "Busybox", "registry.k8s.io/", "registry.k8s.io/Pause", "x:", "x:-1", "x:.1",
            "x: 1",
            "x y", "x..y", "x._y", "x___y", "-x", "x-", "x@sha256:00", "x@", "x@md5:00", "host:0/x", "host:65536/x",
            "host:p/x",
            "ho st.example/x", "../x", "registry.k8s.io/../x", "registry.k8s.io/x?y", "user@registry.k8s.io/x", "x\n",
            "é/x",
            "x:" + String(repeating: "1", count: 129), String(repeating: "x", count: 256),
        ])
    func refused(text: String) {
        #expect(throws: ImageReference.ParseFailure.self) { try ImageReference(parsing: text) }
    }

    @Test("Loopback is told by the address")
    func loopback() {
        for text in ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]:5000"] {
            #expect(RegistryHost(text)?.isLoopback == true)
        }
        for text in ["localhost.example", "128.0.0.1", "127.0.0.1.example", "[::2]", "registry.k8s.io"] {
            #expect(RegistryHost(text)?.isLoopback == false)
        }
    }
}
