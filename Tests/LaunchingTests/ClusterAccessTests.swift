import BundleFormat
import HostSystem
import LaunchingSupport
import TestSupport
import Testing
import Values

@testable import Launching

/// How a person at this host reaches the API under each provider.
@Suite("cluster access")
struct ClusterAccessTests {
    let directory: TemporaryDirectory
    let instance: Instance

    private static let text = """
        clusters:
          - name: lab
            cluster:
              server: https://192.168.64.10:6443
              certificate-authority-data: YQ==

        """

    init() throws {
        directory = try TemporaryDirectory()
        let sample = try Sample.instance(root: directory.path)
        let machines = [
            Sample.machine("jump", .jump, 1), Sample.machine("haproxy", .loadBalancer, 2),
            Sample.machine("master-1", .controlPlane, 3),
        ]
        instance = Instance(
            paths: sample.paths, record: sample.record,
            plan: LaunchPlan(
                cluster: "lab", architecture: .amd64, sharesKernel: true, subnet: sample.plan.subnet,
                gateway: sample.plan.gateway, machines: machines))
        try directory.write("lab/operator/kubeconfig", Self.text)
    }

    private func access(_ api: APIAccess, running: String? = "haproxy") -> ClusterAccess {
        var provider = FakeProvider(machine: running.map { RunningMachine(name: $0, state: .running) })
        provider.api = api
        return ClusterAccess(instance, provider)
    }

    @Test("the address itself, a port of this host, a network that is entered, nothing")
    func kubeconfig() throws {
        #expect(try access(.address).kubeconfig() == (Self.text, []))
        #expect(
            try access(.port(22_001)).kubeconfig()
                == (Self.text.replacing("192.168.64.10:6443", with: "127.0.0.1:22001"), []))
        #expect(try access(.network(["enter"])).kubeconfig() == (Self.text, ["enter"]))
        #expect(throws: LaunchError.noAPI(instance: "lab")) { try access(.none).kubeconfig() }
    }

    @Test("this host's kubectl gets a file for its owner alone, and no proxy")
    func local() throws {
        let (command, isRemote) = try access(.network(["enter"])).kubectl(["get"], isInstalled: true, terminal: nil)
        #expect(!isRemote && command.arguments == ["enter", "kubectl", "get"])
        let path = "\(directory.path)/lab/operator/kubeconfig.local"
        #expect(command.environment["KUBECONFIG"] == path)
        #expect(command.environment["NO_PROXY"]?.hasSuffix("192.168.64.10") == true)
        #expect(try directory.mode("lab/operator/kubeconfig.local") == 0o600)
    }

    @Test("without one, or without a way, the jump host's", arguments: [(false, APIAccess.address), (true, .none)])
    func remote(isInstalled: Bool, api: APIAccess) throws {
        let access = access(api, running: "jump")
        let (command, isRemote) = try access.kubectl(["get", "a b"], isInstalled: isInstalled, terminal: nil)
        #expect(isRemote)
        #expect(
            command.arguments
                == ["enter", "jump", "env", "KUBECONFIG=/home/k8s/.kube/config", "kubectl", "get", "a b"])
        #expect(throws: LaunchError.notRunning(machine: "jump", instance: "lab")) {
            try self.access(api, running: nil).kubectl([], isInstalled: isInstalled, terminal: nil)
        }
    }

    @Test("of two load balancers one is enough; a port of this host leads to the first alone")
    func pair() throws {
        let machines = instance.plan.machines + [Sample.machine("haproxy-2", .loadBalancer, 4)]
        let pair = Instance(
            paths: instance.paths, record: instance.record,
            plan: LaunchPlan(
                cluster: "lab", architecture: .amd64, sharesKernel: true, subnet: instance.plan.subnet,
                gateway: instance.plan.gateway, machines: machines))
        #expect(pair.plan.movesAPIAddress)
        func kubectl(_ api: APIAccess, _ running: String) throws -> Bool {
            var provider = FakeProvider(machine: RunningMachine(name: running, state: .running))
            provider.api = api
            return try ClusterAccess(pair, provider).kubectl([], isInstalled: true, terminal: nil).isRemote
        }
        #expect(try !kubectl(.address, "haproxy-2") && !kubectl(.network([]), "haproxy-2"))
        #expect(try !kubectl(.port(22_001), "haproxy"))
        #expect(throws: LaunchError.notRunning(machine: "jump", instance: "lab")) {
            try kubectl(.port(22_001), "haproxy-2")
        }
    }

    @Test("the endpoint is the load balancer, or without any the first control plane")
    func endpoint() throws {
        #expect(throws: LaunchError.notRunning(machine: "haproxy", instance: "lab")) {
            try access(.address, running: "master-1").kubectl([], isInstalled: true, terminal: nil)
        }
        #expect(instance.plan.apiEntrances.map(\.name) == ["haproxy"] && !instance.plan.movesAPIAddress)
        #expect(instance.without("haproxy").plan.apiEntrances.map(\.name) == ["master-1"])
    }
}
