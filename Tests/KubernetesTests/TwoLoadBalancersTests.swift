import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// The same cluster behind two load balancers that share the API's address: kubelets, controllers and kubectl know no other way.
/// In order: each test takes the cluster as the one before left it.
@Suite("Kubernetes behind two load balancers", .serialized, .serversGiven, .kubernetesBehindTwo)
struct TwoLoadBalancersTests {
    let lab = Lab.current
    let cluster = Cluster(lab: Lab.current)

    /// Who has the address; it is never with both.
    private func holder() throws -> String? {
        let holders = try ["haproxy-1", "haproxy-2"].filter { name in
            try lab.inside(name, "ip", "-4", "address", "show", "to", KubernetesTrait.sharedAddress).output
                .contains(KubernetesTrait.sharedAddress)
        }
        #expect(holders.count < 2)
        return holders.first
    }

    private func runs(_ pod: String) throws -> Bool {
        try cluster.kubectl(["get", "pod", pod, "-o", "jsonpath={.status.phase}"]).output == "Running"
    }

    /// By the API, the scheduler and a kubelet, which is there through the address alone.
    private func startsPod(_ name: String, since begin: Date, _ what: String) throws {
        let short = #"{"apiVersion":"v1","spec":{"terminationGracePeriodSeconds":1}}"#
        let pod =
            ["run", name, "--image=\(TestImage.reference)", "--image-pull-policy=Never", "--restart=Never"]
            + ["--override-type=merge", "--overrides=\(short)", "--command", "--", "sleep", "100000"]
        try cluster.await("a write \(what)", since: begin, within: 60) { try cluster.kubectl(pod).status == 0 }
        try cluster.await("a new pod \(what)", since: begin, within: 60) { try runs(name) }
    }

    /// Whether every kubelet has renewed its lease since: a node's status is told only when it changes.
    private func areHeardOf(since moment: Date) throws -> Bool {
        let path = #"{range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}"#
        let leases = try cluster.kubectl(["get", "leases", "--namespace=kube-node-lease", "-o", "jsonpath=\(path)"])
        let earliest = ISO8601DateFormatter().string(from: moment)
        let heard = leases.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter {
            $0.count == 2 && $0[1] >= earliest
        }
        return heard.map { $0[0] }.sorted() == Cluster.workers
    }

    @Test("all machines are healthy, one load balancer has the shared address, and workers know no other")
    func address() throws {
        #expect(try lab.complaints(after: 120) == [])
        #expect(try holder() != nil)
        let status = try lab.slipway("status", lab.name)
        #expect(status.contains("nodes: 3 of 3 Ready"), "\(status)")
        for component in ["kubelet", "kube-proxy"] {
            let kubeconfig = try lab.inside(
                "worker-1", "grep", "server:", "/etc/kubernetes/\(component).kubeconfig"
            ).output
            #expect(kubeconfig.contains("https://\(KubernetesTrait.sharedAddress):6443"), "\(component): \(kubeconfig)")
        }
    }

    @Test("its holder stopped in order, then the other one killed: the API answers, nodes stay Ready, a new pod runs")
    func failsOver() throws {
        for (how, grace) in [("stopped in order", "60"), ("killed", "0")] {
            let first = try #require(try holder())
            let other = first == "haproxy-1" ? "haproxy-2" : "haproxy-1"
            let begin = Date()
            try lab.slipway("stop", lab.name, first, "--grace", grace)
            try cluster.await("the API after its address's holder was \(how)", since: begin, within: 30) {
                try cluster.hasAPI()
            }
            #expect(try holder() == other)
            try startsPod("after-\(grace)", since: begin, "after the holder was \(how)")
            let moved = Date()
            try cluster.await("every kubelet is heard of after the holder was \(how)", since: begin, within: 60) {
                try areHeardOf(since: moved)
            }
            #expect(try cluster.isReady(since: .distantPast))
            try lab.slipway("start", lab.name, first)
            #expect(
                try lab.eventually(within: 60) {
                    try lab.inside(first, "systemctl", "is-active", "keepalived").output == "active\n"
                })
            #expect(try holder() == other, "who comes back takes nothing")
        }
    }

    @Test("stop and start of all of them: everything is Ready again by itself")
    func stopAndStart() throws {
        try lab.slipway("stop", lab.name, limit: 200)
        let begin = Date()
        try lab.slipway("start", lab.name)
        try cluster.await("start behind two load balancers to the API", since: begin, within: 120) {
            try cluster.hasAPI()
        }
        try cluster.await("start behind two load balancers to every node Ready", since: begin, within: 240) {
            try cluster.isReady(since: begin)
        }
        try cluster.await("start behind two load balancers to CoreDNS running", since: begin, within: 120) {
            try cluster.hasDNS()
        }
        #expect(try lab.complaints(after: 120) == [])
    }
}
