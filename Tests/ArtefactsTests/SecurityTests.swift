import BuildPlan
import ClusterModel
import Foundation
import TestSupport
import Testing
import Values

/// docs/security.md against what is rendered: one check for each row of its tables.
@Suite struct SecurityTests {
    @Test func everyRowHasACheckAndEveryCheckARow() throws {
        let page = try RepositoryFiles.text("docs/security.md")
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap { line in
            line.split(separator: "|").first?.replacing("≠", with: "").trimmingCharacters(in: .whitespaces)
        }.filter { $0 != "control" }
        #expect(rows.sorted() == Self.checks.map(\.control).sorted())
        #expect(Set(rows).count == rows.count)
    }

    @Test(arguments: checks) func isAsTheTableSays(check: Check) throws {
        try check.run(RenderedMachines())
    }

    /// The file is stable from 1.34 on.
    @Test(arguments: [
        ("1.32.0", "v1beta1"), ("1.33.0", "v1beta1"), ("1.34.0", "v1"), ("1.35.0", "v1"), ("1.36.0", "v1"),
    ])
    func authenticationFollowsTheMinor(version: String, expected: String) throws {
        let files = try RenderedSample("kubernetes: { version: \(version) }").files(.controlPlane)
        let config = try #require(files["/etc/kubernetes/authentication.yaml"])
        #expect(config.contains("\napiVersion: apiserver.config.k8s.io/\(expected)\n"))
    }

    struct Check: Sendable, CustomTestStringConvertible {
        let control: String
        let run: @Sendable (RenderedMachines) throws -> Void
        var testDescription: String { control }

        init(_ control: String, _ run: @escaping @Sendable (RenderedMachines) throws -> Void) {
            self.control = control
            self.run = run
        }
    }

    private static let suites = [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ]

    static let checks: [Check] = apiServer + controlPlane + nodes + people

    private static let apiServer = [
        Check("Anonymous access") { (machines) throws in
            #expect(
                try machines.flag("kube-apiserver", "--authentication-config") == "/etc/kubernetes/authentication.yaml")
            #expect(try machines.flag("kube-apiserver", "--anonymous-auth") == nil, "it would be a second answer")
            let config = try machines.text(.controlPlane, "/etc/kubernetes/authentication.yaml")
            let paths = config.split(separator: "\n").filter { $0.contains("- path: ") }
            #expect(paths == ["/livez", "/readyz", "/healthz"].map { "    - path: \($0)" })
        },
        Check("Authorization") { (machines) throws in
            #expect(try machines.flag("kube-apiserver", "--authorization-mode") == "Node,RBAC")
        },
        Check("Admission") { (machines) throws in
            #expect(
                try machines.flag("kube-apiserver", "--enable-admission-plugins")
                    == "NodeRestriction,DenyServiceExternalIPs,EventRateLimit")
            #expect(
                try machines.flag("kube-apiserver", "--admission-control-config-file")
                    == "/etc/kubernetes/admission.yaml")
            #expect(try machines.flag("kube-apiserver", "--disable-admission-plugins") == nil)
            #expect(
                try machines.text(.controlPlane, "/etc/kubernetes/admission.yaml").contains("- name: EventRateLimit"))
        },
        Check("AlwaysPullImages") { (machines) throws in
            #expect(try machines.flag("kube-apiserver", "--enable-admission-plugins")?.contains("Pull") == false)
        },
        Check("Pod Security") { (machines) throws in
            #expect(try !machines.text(.controlPlane, "/etc/kubernetes/admission.yaml").contains("PodSecurity"))
        },
        Check("TLS of servers") { (machines) throws in
            #expect(try machines.flag("kube-apiserver", "--tls-min-version") == "VersionTLS12")
            #expect(try machines.flag("kube-apiserver", "--tls-cipher-suites") == suites.joined(separator: ","))
            let list = suites.map { "  - \($0)\n" }.joined()
            let kubelet = try machines.text(.worker, "/etc/kubernetes/kubelet.yaml")
            #expect(kubelet.contains("tlsMinVersion: VersionTLS12\ntlsCipherSuites:\n\(list)r"))
            let etcd = try machines.text(.etcd, "/etc/etcd/etcd.conf.yml")
            #expect(etcd.contains("tls-min-version: TLS1.2\n") && etcd.contains("cipher-suites:\n\(list)\n"))
        },
        Check("Audit log") { (machines) throws in
            let flags = ["policy-file", "log-path", "log-maxage", "log-maxbackup", "log-maxsize"]
            #expect(
                try flags.map { try machines.flag("kube-apiserver", "--audit-\($0)") }
                    == ["/etc/kubernetes/audit-policy.yaml", "/var/log/kubernetes/audit.log", "30", "5", "100"])
        },
        Check("Encryption at rest") { (machines) throws in
            let path = try #require(try machines.flag("kube-apiserver", "--encryption-provider-config"))
            let config = try machines.text(.controlPlane, path)
            let order = config.split(separator: "\n").filter { $0.hasPrefix("      - ") }
            #expect(order == ["      - secrets", "      - secretbox:", "      - identity: {}"])
        },
        Check("Service account tokens") { (machines) throws in
            #expect(try machines.flag("kube-apiserver", "--service-account-extend-token-expiration") == "false")
            #expect(try machines.flag("kube-apiserver", "--service-account-lookup") == nil, "true unless written")
            #expect(
                try machines.flag("kube-apiserver", "--service-account-key-file") == "/etc/kubernetes/pki/sa.pub")
        },
        Check("Requests to kubelets") { (machines) throws in
            #expect(
                try machines.flag("kube-apiserver", "--kubelet-certificate-authority")
                    == "/etc/kubernetes/pki/kubernetes-ca.crt")
            let plan = try #require(machines.sample.plan.machines.first { $0.machine.role == .controlPlane })
            let leaf = try #require(plan.leaf(.apiserverKubeletClient))
            #expect(leaf.organizations == [])
            let roles = try machines.text(.jump, "/etc/slipway/addons/rbac.yaml")
            #expect(roles.contains("name: system:kubelet-api-admin\n"))
            #expect(roles.contains("    kind: User\n    name: \(leaf.commonName)\n"))
        },
        Check("etcd's data") { (machines) throws in
            for (flag, file) in [
                ("--etcd-cafile", "etcd-ca.crt"), ("--etcd-certfile", "apiserver-etcd-client.crt"),
                ("--etcd-keyfile", "apiserver-etcd-client.key"),
            ] { #expect(try machines.flag("kube-apiserver", flag) == "/etc/kubernetes/pki/\(file)") }
            #expect(try machines.flag("kube-apiserver", "--etcd-servers")?.hasPrefix("https://") == true)
        },
        Check("Profiling") { (machines) throws in
            #expect(try machines.flag("kube-apiserver", "--profiling") == "false")
            #expect(try machines.flag("kube-controller-manager", "--profiling") == "false")
            let scheduler = try machines.text(.controlPlane, "/etc/kubernetes/scheduler.yaml")
            #expect(scheduler.contains("\nenableProfiling: false\n"))
        },
    ]

    private static let controlPlane = [
        Check("Accounts") { (machines) throws in
            for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
                #expect(try machines.unit(name, on: .controlPlane).contains("\nUser=\(name)\nGroup=\(name)\n"))
            }
            #expect(try machines.unit("etcd", on: .etcd).contains("\nUser=etcd\nGroup=etcd\n"))
        },
        Check("Files") { (machines) throws in
            for plan in machines.sample.plan.machines {
                for file in plan.files where file.path.hasPrefix("/etc/kubernetes") || file.path.hasPrefix("/etc/etcd")
                {
                    let isSecret = file.content.exposure == .secret
                    #expect(file.mode == (isSecret ? 0o600 : 0o644), "\(file.path)")
                }
            }
        },
        Check("TLS of the controller manager and scheduler") { (machines) throws in
            for name in ["kube-controller-manager", "kube-scheduler"] {
                #expect(try machines.flag(name, "--tls-min-version") == "VersionTLS13")
                #expect(try machines.flag(name, "--bind-address") == "127.0.0.1")
            }
        },
        Check("Controllers' credentials") { (machines) throws in
            #expect(try machines.flag("kube-controller-manager", "--use-service-account-credentials") == "true")
            #expect(
                try machines.flag("kube-controller-manager", "--root-ca-file")
                    == "/etc/kubernetes/pki/kubernetes-ca.crt")
            #expect(
                try machines.flag("kube-controller-manager", "--service-account-private-key-file")
                    == "/etc/kubernetes/pki/controller-manager-sa.key")
        },
        Check("Signing of requests") { (machines) throws in
            let used = CommandFlags.used(in: try machines.unit("kube-controller-manager", on: .controlPlane))
            let signing = used.filter { $0.hasPrefix("--cluster-signing-") && $0.hasSuffix("-file") }
            #expect(
                signing == [
                    "--cluster-signing-kube-apiserver-client-cert-file",
                    "--cluster-signing-kube-apiserver-client-key-file", "--cluster-signing-kubelet-client-cert-file",
                    "--cluster-signing-kubelet-client-key-file",
                ])
        },
        Check("Finished pods") { (machines) throws in
            #expect(try machines.flag("kube-controller-manager", "--terminated-pod-gc-threshold") == "1000")
        },
        Check("etcd's clients and peers") { (machines) throws in
            let config = try machines.text(.etcd, "/etc/etcd/etcd.conf.yml")
            #expect(config.components(separatedBy: "  client-cert-auth: true\n").count == 3)
            #expect(config.contains("trusted-ca-file: /etc/etcd/pki/ca.crt\n"))
            #expect(config.contains("trusted-ca-file: /etc/etcd/pki/peer-ca.crt\n"))
            #expect(
                try machines.text(.etcd, "/etc/etcd/pki/ca.crt") != machines.text(.etcd, "/etc/etcd/pki/peer-ca.crt"))
        },
    ]

    private static let nodes = [
        Check("Kubelet's callers") { (machines) throws in
            let config = try machines.text(.worker, "/etc/kubernetes/kubelet.yaml")
            #expect(config.contains("  anonymous:\n    enabled: false\n  webhook:\n    enabled: true\n"))
            #expect(config.contains("authorization:\n  mode: Webhook\n"))
            #expect(config.contains("\nreadOnlyPort: 0\n"))
        },
        Check("Kernel settings") { (machines) throws in
            #expect(
                try machines.text(.worker, "/etc/kubernetes/kubelet.yaml").contains("\nprotectKernelDefaults: true\n"))
            // What the kubelet compares: pkg/util/sysctl of Kubernetes.
            let settings = try machines.text(.worker, "/etc/sysctl.d/90-kubernetes.conf")
            for line in [
                "vm.overcommit_memory = 1", "vm.panic_on_oom = 0", "kernel.panic = 10", "kernel.panic_on_oops = 1",
                "kernel.keys.root_maxkeys = 1000000", "kernel.keys.root_maxbytes = 25000000",
            ] { #expect(settings.contains("\n\(line)\n"), "\(line)") }
        },
        Check("Seccomp") { (machines) throws in
            #expect(try machines.text(.worker, "/etc/kubernetes/kubelet.yaml").contains("\nseccompDefault: true\n"))
        },
        Check("Processes of a pod") { (machines) throws in
            #expect(try machines.text(.worker, "/etc/kubernetes/kubelet.yaml").contains("\npodPidsLimit: 4096\n"))
        },
        Check("Kubelet's certificates") { (machines) throws in
            let config = try machines.text(.worker, "/etc/kubernetes/kubelet.yaml")
            #expect(config.contains("\nrotateCertificates: false\nserverTLSBootstrap: false\n"))
        },
        Check("Host name") { (machines) throws in
            #expect(CommandFlags.used(in: try machines.unit("kubelet", on: .worker)).contains("--hostname-override"))
        },
        Check("Sandbox of root's services") { (machines) throws in
            let proxy = try machines.unit("kube-proxy", on: .worker)
            #expect(proxy.contains("\nCapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW\n"))
            #expect(proxy.contains("\nProtectSystem=strict\n"))
            for name in ["kubelet", "containerd"] {
                #expect(try !machines.unit(name, on: .worker).contains("\nCapabilityBoundingSet="))
            }
        },
    ]

    private static let people = [
        Check("Daily administration") { (machines) throws in
            let plan = machines.sample.plan
            let admins = (plan.machines.flatMap(\.leaves) + plan.operator.leaves).filter { $0.kind == .admin }
            #expect(admins.map(\.organizations) == [["slipway:cluster-admins"], ["slipway:cluster-admins"]])
            let roles = try machines.text(.jump, "/etc/slipway/addons/rbac.yaml")
            #expect(roles.contains("  name: cluster-admin\n") && roles.contains("    name: slipway:cluster-admins\n"))
            #expect(try machines.text(.jump, "/etc/slipway/addons/kustomization.yaml").contains("  - rbac.yaml\n"))
        },
        Check("Above RBAC") { (machines) throws in
            let plan = machines.sample.plan
            let leaves = plan.machines.flatMap(\.leaves) + plan.operator.leaves
            #expect(leaves.filter { $0.organizations.contains("system:masters") }.map(\.kind) == [.superAdmin])
            let jump = try #require(plan.machines.first { $0.machine.role == .jump })
            let file = try #require(jump.files.first { $0.path == "/etc/slipway/super-admin.kubeconfig" })
            #expect(file.mode == 0o600 && file.owner == "root" && file.group == "root")
            let unit = try machines.unit("slipway-addons", on: .jump)
            #expect(
                unit.contains("\nLoadCredential=super-admin:\(file.path)\n") && unit.contains("\nUser=slipway-addons\n")
            )
        },
        Check("Logins") { (machines) throws in
            for role in Role.allCases {
                let config = try machines.text(role, "/etc/ssh/sshd_config.d/10-slipway.conf")
                for line in ["PermitRootLogin no", "PasswordAuthentication no", "AuthenticationMethods publickey"] {
                    #expect(config.contains("\n\(line)\n"), "\(role): \(line)")
                }
                let forwards = config.contains("\nAllowTcpForwarding local\n")
                #expect(forwards == (role == .jump || role == .loadBalancer), "\(role)")
            }
        },
        Check("Vault's audit") { (machines) throws in
            let program = try machines.text(.vault, "/usr/local/lib/slipway/vault-bootstrap")
            #expect(program.contains("\"sys/audit/journal\"") && program.contains("file_path=\"stdout\""))
            #expect(try machines.unit("vault", on: .vault).contains("\nLogRateLimitIntervalSec=0\n"))
        },
        Check("Vault's memory") { (machines) throws in
            let unit = try machines.unit("vault", on: .vault)
            #expect(unit.contains("\nLimitCORE=0\n") && unit.contains("\nMemorySwapMax=0\n"))
        },
        Check("Vault's shares") { (machines) throws in
            let plan = try #require(machines.sample.plan.machines.first { $0.machine.role == .vault })
            let directory = try #require(plan.directories.first { $0.path == "/var/lib/slipway/vault" })
            #expect(directory.mode == 0o700 && directory.owner == "root")
            #expect(try machines.text(.vault, "/etc/vault.d/bootstrap.json").contains("\"auto-unseal\": "))
        },
    ]
}

/// The files of the sample cluster, a machine of each role.
struct RenderedMachines {
    let sample: RenderedSample

    init() throws { sample = try RenderedSample() }

    func text(_ role: Role, _ path: String) throws -> String {
        try #require(sample.files(role)[path], "\(role) has no \(path)")
    }

    func unit(_ name: String, on role: Role) throws -> String {
        try text(role, "/etc/systemd/system/\(name).service")
    }

    /// What a program on the control plane is given for a flag; nil when it is not given.
    func flag(_ program: String, _ name: String) throws -> String? {
        let words = try unit(program, on: .controlPlane).split(whereSeparator: \.isWhitespace)
        return words.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
