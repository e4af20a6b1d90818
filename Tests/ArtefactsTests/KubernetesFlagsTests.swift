import ClusterModel
import Testing
import Values

/// Compares rendered command lines with the programs' own lists of flags (release 1.36; what is used here is in all
/// supported releases, because flags are removed and not renamed).
struct KubernetesFlagsTests {
    private static let secondPlane = "  - { name: plane-2, role: control-plane, address: 192.168.64.32 }"

    @Test(arguments: [
        ("kube-apiserver", Role.controlPlane, "--etcd-servers"),
        ("kube-controller-manager", .controlPlane, "--root-ca-file"),
        ("kube-scheduler", .controlPlane, "--config"), ("kubelet", .worker, "--node-ip"),
    ])
    func everyFlagIsKnown(program: String, role: Role, certain: String) throws {
        let unit = try RenderedSample(Self.secondPlane).unit(program, on: role)
        #expect(try CommandFlags.unknown(in: unit, program: program) == [])
        let used = CommandFlags.used(in: unit)
        #expect(used.contains(certain), "the command line was not found")
        #expect(Set(used).count == used.count, "a flag is given twice")
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
        #expect(try CommandFlags.unknown(in: unit, program: "kube-apiserver") == ["--apiserver-count"])
    }

    /// Handing clients over to another server makes sense only where there is one.
    @Test func singleServerKeepsItsClients() throws {
        let alone = try CommandFlags.used(in: RenderedSample().unit("kube-apiserver", on: .controlPlane))
        let several = try CommandFlags.used(
            in: RenderedSample(Self.secondPlane).unit("kube-apiserver", on: .controlPlane))
        #expect(Set(several).subtracting(alone) == ["--goaway-chance", "--shutdown-delay-duration"])
    }
}
