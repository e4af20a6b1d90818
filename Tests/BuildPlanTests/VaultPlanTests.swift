import BuildPlan
import ClusterModel
import Testing
import Values

struct VaultPlanTests {
    @Test func itAloneHoldsTheIssuersKeysAndNeverTheRoots() throws {
        let keys = try SamplePlan.plan().machines.flatMap { machine in
            machine.files.compactMap { file -> String? in
                guard case .authorityKey(let name) = file.content, name != .kubernetesCSR else { return nil }
                return "\(machine.machine.name) \(name.rawValue)"
            }
        }
        #expect(
            Set(keys) == ["safe intermediate", "safe kubernetes", "safe etcd", "safe etcd-peers", "safe front-proxy"])
    }

    @Test func issuersKeysAreRootOnly() throws {
        let plan = try SamplePlan.machine(.vault)
        let keys = plan.files.filter { $0.path.hasPrefix("/etc/vault.d/issuers/") && $0.path.hasSuffix(".key") }
        #expect(keys.count == 5)
        #expect(keys.allSatisfy { $0.mode == 0o600 && $0.owner == "root" })
        #expect(plan.directories.first { $0.path == "/etc/vault.d/issuers" }?.mode == 0o700)
        #expect(plan.directories.first { $0.path == "/var/lib/slipway/vault" }?.mode == 0o700)
    }

    @Test func certificateNamesItAsClientsDo() throws {
        let leaf = try #require(SamplePlan.machine(.vault).leaf(.vault))
        #expect(leaf.commonName == "vault")
        #expect(leaf.dnsNames == ["vault", "safe", "localhost"])
        #expect(leaf.addresses.map(\.description) == ["192.168.64.11", "127.0.0.1"])
        #expect(leaf.usage == .server)
    }

    @Test func setUpFollowsTheServer() throws {
        let plan = try SamplePlan.machine(.vault)
        let names = plan.units.map(\.name)
        let server = try #require(names.firstIndex(of: "vault.service"))
        let bootstrap = try #require(names.firstIndex(of: "vault-bootstrap.service"))
        #expect(server < bootstrap)
        #expect(plan.units[bootstrap].restartOn.contains("/etc/vault.d/issuers/etcd.key"))
    }

    @Test(arguments: Role.allCases)
    func unitsRestartOnlyOnWhatTheMachineHas(role: Role) throws {
        let plan = try SamplePlan.machine(role)
        let known = Set(
            plan.files.map(\.path) + plan.directories.map(\.path)
                + plan.payloads.flatMap { [$0.payload.name, $0.path ?? ""] })
        for unit in plan.units {
            #expect(unit.restartOn.allSatisfy(known.contains), "\(unit.name): \(unit.restartOn)")
        }
    }
}
