import ClusterModel
import Testing
import Values

/// Compares rendered command lines and configurations with what the programs of each supported minor know.
struct KubernetesFlagsTests {
    private static let secondPlane = "  - { name: plane-2, role: control-plane, address: 192.168.64.32 }"
    private static let minors = UpstreamReleases.kubernetes.map(\.minor)

    private static func sample(_ minor: Int, _ settings: String = "") throws -> RenderedSample {
        try RenderedSample("\(secondPlane)\nkubernetes: { version: 1.\(minor).0 }\n\(settings)")
    }

    @Test(
        arguments: [
            ("kube-apiserver", Role.controlPlane, "--etcd-servers"),
            ("kube-controller-manager", .controlPlane, "--root-ca-file"),
            ("kube-scheduler", .controlPlane, "--config"), ("kubelet", .worker, "--node-ip"),
        ], NameList.flagMinors)
    func everyFlagIsKnown(to program: (name: String, role: Role, certain: String), minor: Int) throws {
        let unit = try Self.sample(minor).unit(program.name, on: program.role)
        #expect(try CommandFlags.unknown(in: unit, program: program.name, minor: minor) == [])
        let used = CommandFlags.used(in: unit)
        #expect(used.contains(program.certain), "the command line was not found")
        #expect(Set(used).count == used.count, "a flag is given twice")
    }

    /// Every minor but those whose flags nobody has published where we look; that list must not grow unnoticed.
    @Test func flagsAreKnownOfAllMinorsButTheNewest() {
        #expect(Self.minors.filter { !NameList.flagMinors.contains($0) } == [37])
    }

    @Test(
        arguments: [
            ("kubelet", "KubeletConfiguration", "authentication.x509.clientCAFile"),
            ("kube-proxy", "KubeProxyConfiguration", "clientConnection.kubeconfig"),
        ], minors)
    func everyFieldIsKnown(to file: (name: String, kind: String, certain: String), minor: Int) throws {
        for guest in ["", "guest: { kernel: shared }"] {
            let files = try Self.sample(minor, guest).files(.worker)
            let document = try #require(files["/etc/kubernetes/\(file.name).yaml"])
            #expect(try ConfigurationFields.unknown(in: document, kind: file.kind, minor: minor) == [])
            #expect(ConfigurationFields.used(in: document).contains(file.certain), "the document was not understood")
        }
    }

    /// Lists that differ by minor: what came with one is not known before, what went with one is not known after.
    @Test func listsDifferByMinor() throws {
        let unit = "ExecStart=/x --tls-curve-preferences=X25519 --cloud-provider=external --bind-address=0.0.0.0"
        func unknown(_ minor: Int) throws -> [String] {
            try CommandFlags.unknown(in: unit, program: "kube-apiserver", minor: minor)
        }
        #expect(try unknown(32) == ["--tls-curve-preferences"])
        #expect(try unknown(34) == ["--tls-curve-preferences", "--cloud-provider"])
        #expect(try unknown(36) == ["--cloud-provider"])
        let document =
            "kind: KubeletConfiguration\nuserNamespaces:\n  idsPerPod: 65536\nauthentication:\n  webhok:\n    enabled: true\n"
        func fields(_ minor: Int) throws -> [String] {
            try ConfigurationFields.unknown(in: document, kind: "KubeletConfiguration", minor: minor)
        }
        #expect(try fields(32).first == "userNamespaces")
        #expect(try fields(33) == ["authentication.webhok", "authentication.webhok.enabled"])
    }

    /// kube-proxy takes everything from its file: with --config it ignores most flags.
    @Test func kubeProxyHasItsFileAlone() throws {
        #expect(try CommandFlags.used(in: RenderedSample().unit("kube-proxy", on: .worker)) == ["--config"])
    }

    @Test func removedFlagIsCaught() throws {
        let unit = """
            [Service]
            ExecStart=/usr/local/bin/kube-apiserver \\
                --secure-port=6443 \\
                --apiserver-count=2
            """
        #expect(try CommandFlags.unknown(in: unit, program: "kube-apiserver", minor: 36) == ["--apiserver-count"])
    }

    /// Handing clients over to another server makes sense only where there is one.
    @Test func singleServerKeepsItsClients() throws {
        let alone = try CommandFlags.used(in: RenderedSample().unit("kube-apiserver", on: .controlPlane))
        let several = try CommandFlags.used(
            in: RenderedSample(Self.secondPlane).unit("kube-apiserver", on: .controlPlane))
        #expect(
            Set(several).subtracting(alone)
                == ["--goaway-chance", "--shutdown-delay-duration", "--shutdown-send-retry-after"])
    }
}
