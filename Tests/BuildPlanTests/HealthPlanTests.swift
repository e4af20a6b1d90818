import BuildPlan
import BundleFormat
import ClusterModel
import Testing
import Values

/// What healthy means, by role.
struct HealthPlanTests {
    @Test("each role says what healthy means")
    func roles() throws {
        func names(_ role: Role) throws -> [String] { try SamplePlan.machine(role).checks.map(\.check.name) }
        #expect(try names(.etcd) == ["etcd-member", "etcd-quorum", "etcd-client"])
        #expect(try names(.controlPlane) == ["apiserver", "controller-manager", "scheduler"])
        #expect(try names(.loadBalancer) == ["api-servers"])
        let pair = try SamplePlan.machine(.loadBalancer, SamplePlan.secondBalancer)
        #expect(pair.checks.map(\.check.name) == ["api-servers", "api-address"])
        #expect(try names(.worker) == ["kubelet", "kube-proxy", "cluster-dns"])
        #expect(try names(.vault) == ["vault"])
        #expect(try names(.jump) == ["etcd-members", "api", "leaders", "nodes", "addons"])
    }

    @Test("a check needs units, a program and an account that its machine has", arguments: Role.allCases)
    func possible(_ role: Role) throws {
        let plan = try SamplePlan.machine(role)
        let paths = Set(plan.payloads.compactMap(\.path) + plan.files.map(\.path))
        // Of the image, and made by cloud-init.
        let accounts = Set(plan.accounts.map(\.name) + ["root", "nobody", "k8s"])
        for check in plan.checks.map(\.check) {
            for unit in check.units + check.probe.units { #expect(plan.unit(unit) != nil, "\(check.name): \(unit)") }
            guard case .program(let program) = check.probe else { continue }
            #expect(paths.contains(program.path), "\(check.name): \(program.path)")
            #expect(accounts.contains(program.user), "\(check.name): \(program.user)")
            let words = program.arguments + program.environment.values
            let files = words.flatMap { $0.split { $0 == "=" || $0 == "," } }.filter { $0.hasPrefix("/etc/") }
            for file in files { #expect(paths.contains(String(file)), "\(check.name): \(file)") }
            // Who runs it may read what it names: a key is its owner's alone.
            for file in files.compactMap({ plan.file(String($0)) }) where file.mode & 0o004 == 0 {
                #expect(file.owner == program.user, "\(check.name): \(file.path) is \(file.owner)'s")
            }
        }
    }

    @Test("machines of one role have the same checks, so that a description holds them once")
    func shared() throws {
        for role in [Role.worker, .etcd, .controlPlane] {
            let machine = try SamplePlan.machine(role)
            for check in machine.checks.map(\.check) {
                let text = String(decoding: CanonicalJSON.encode(MachineManifest.probeText(check)), as: UTF8.self)
                #expect(!text.contains(machine.machine.name) && !text.contains("\(machine.machine.address)"), "\(text)")
            }
        }
    }

    @Test("a start that no limit of systemd's ends has one of ours")
    func starts() throws {
        #expect(try SamplePlan.machine(.etcd).unit("etcd.service")?.startSeconds == 120)
        #expect(try SamplePlan.machine(.controlPlane).unit("kube-apiserver.service")?.startSeconds == 180)
        #expect(try SamplePlan.machine(.vault).unit("vault-bootstrap.service")?.startSeconds == 120)
        #expect(try SamplePlan.machine(.worker).unit("kubelet.service")?.startSeconds == nil)
    }
}

extension MachineManifest {
    /// A check as it stands in a document.
    fileprivate static func probeText(_ check: HealthCheck) -> JSONValue {
        MachineManifest(
            cluster: "x", machine: "x", role: .worker, architecture: .arm64,
            units: check.units.map { MachineUnit(name: $0, isEnabled: true) }, checks: [check]
        ).json
    }
}
