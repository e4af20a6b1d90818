import Artefacts
import BuildPlan
import ClusterModel
import PKI
import Testing
import Values

/// Whose secrets go where.
@Suite struct SecretSeparationTests {
    /// A private key stands on one machine only; the control planes alone share the keys that they must share.
    @Test func noMachineHoldsAnotherMachinesKey() throws {
        let plan = try GoldenCluster.all[0].plan()
        let authorities = try Authorities(plan: plan, secret: MasterSecret(bytes: Array(0..<32)))
        let renderer = Renderer(plan: plan, templates: try RepositoryFiles.templates())
        var holders: [String: Set<String>] = [:]
        for machine in plan.machines {
            for file in try renderer.render(machine, from: authorities).files
            where file.plan.content.exposure == .secret {
                for block in Self.privateKeys(in: String(decoding: file.bytes, as: UTF8.self)) {
                    holders[block, default: []].insert(machine.machine.name)
                }
            }
        }
        #expect(holders.count > 50)
        let shared = Set(holders.values.filter { $0.count > 1 })
        #expect(shared == [Set(plan.cluster.machines(.controlPlane).map(\.name))])
        // The service account key and the key that signs approved requests.
        #expect(holders.values.count { $0.count > 1 } == 2)
    }

    @Test func theRootsKeyIsNowhereAndTheIssuersKeysAreOnVaultOnly() throws {
        let plan = try GoldenCluster.all[0].plan()
        for machine in plan.machines {
            let keys = machine.files.compactMap { file -> AuthorityName? in
                if case .authorityKey(let name) = file.content { name } else { nil }
            }
            let expected: Set<AuthorityName> =
                switch machine.machine.role {
                case .vault: [.intermediate, .kubernetes, .etcd, .etcdPeers, .frontProxy]
                case .controlPlane: [.kubernetesCSR]
                default: []
                }
            #expect(Set(keys) == expected, "\(machine.machine.name)")
        }
    }

    /// With the root as client authority a front-proxy or etcd client certificate would pass as a Kubernetes client.
    @Test func clientAuthoritiesNeverIncludeTheRoot() throws {
        let plan = try GoldenCluster.all[0].plan()
        let clientAuthorities = [
            "/etc/etcd/pki/ca.crt", "/etc/etcd/pki/peer-ca.crt", "/etc/kubernetes/pki/client-ca.crt",
            "/etc/kubernetes/pki/kubernetes-ca.crt", "/etc/kubernetes/pki/front-proxy-ca.crt",
        ]
        let found = plan.machines.flatMap(\.files).filter { clientAuthorities.contains($0.path) }
        #expect(Set(found.map(\.path)) == Set(clientAuthorities))
        for file in found {
            guard case .trust(let names) = file.content else {
                Issue.record("\(file.path) is not a list of authorities")
                continue
            }
            #expect(!names.contains(.root) && !names.contains(.intermediate), "\(file.path)")
        }
    }

    /// What is planned as open has the same bytes under another secret.
    @Test func openFilesDoNotDependOnTheSecret() throws {
        let plan = try GoldenCluster.all[0].plan()
        let renderer = Renderer(plan: plan, templates: try RepositoryFiles.templates())
        let first = try Authorities(plan: plan, secret: MasterSecret(bytes: Array(0..<32)))
        let second = try Authorities(plan: plan, secret: MasterSecret(bytes: Array(1..<33)))
        for machine in plan.machines {
            let pairs = zip(
                try renderer.render(machine, from: first).files, try renderer.render(machine, from: second).files)
            for (one, other) in pairs {
                let isSame = one.bytes == other.bytes
                #expect(isSame == (one.plan.content.exposure == .open), "\(machine.machine.name):\(one.plan.path)")
            }
        }
    }

    /// PEM blocks, and the keys that kubeconfigs carry in Base64.
    private static func privateKeys(in text: String) -> [String] {
        let blocks = text.split(separator: "-----BEGIN ")
            .filter { $0.hasPrefix("EC PRIVATE") || $0.hasPrefix("PRIVATE") || $0.hasPrefix("OPENSSH") }
        let embedded = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
            $0.hasPrefix("client-key-data: ")
        }
        return (blocks + embedded).map(String.init)
    }
}
