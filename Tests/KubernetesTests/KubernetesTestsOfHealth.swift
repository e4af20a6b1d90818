import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// What `status` says with the real servers, when all is well and when each of them is not; and the host's own way to the cluster.
/// Behind the tests of KubernetesTests.swift, on the same machines.
extension KubernetesTests {
    @Test("every machine is healthy, who leads is said, and kubectl works from the host and through jump")
    func health() throws {
        #expect(try lab.complaints(after: 120) == [])
        let report = try lab.report()
        #expect(report.leaders?.keys.sorted() == ["etcd", "kube-controller-manager", "kube-scheduler"])
        let status = try lab.slipway("status", "lab")
        #expect(status.contains("nodes: 3 of 3 Ready (v"), "\(status)")

        let get = ["kubectl", "lab", "--", "get", "nodes", "--output=name"]
        let nodes = "node/worker-1\nnode/worker-2\nnode/worker-3\n"
        let payloads = ProcessInfo.processInfo.environment["PAYLOADS"] ?? ""
        for path in ["\(payloads):/usr/sbin:/usr/bin:/sbin:/bin", "/usr/sbin:/usr/bin:/sbin:/bin"] {
            let result = try lab.run(["env", "PATH=\(path)", Repository.slipway.path] + get)
            #expect(result.output == nodes, "PATH=\(path): \(result)")
        }
        // As a person would use it: printed into a file, with a kubectl of the host, in the machines' network.
        let file = "\(lab.directory)/kubeconfig"
        let printed = try lab.run([Repository.slipway.path, "kubeconfig", "lab"])
        #expect(printed.status == 0, "\(printed)")
        try printed.output.write(toFile: file, atomically: true, encoding: .utf8)
        let words = printed.errors.split(whereSeparator: { " \n'`\"".contains($0) }).map(String.init)
        let network = words.first { $0.hasPrefix("--net=") }.map { ["nsenter", $0, "--"] } ?? []
        let direct = try lab.run(
            network + ["\(payloads)/kubectl", "--kubeconfig=\(file)", "get", "nodes", "--output=name"])
        #expect(direct.output == nodes, "\(direct)\n\(printed.errors)")
    }

    @Test("real servers that end, hang or restart again and again are named with their reasons, and all is well again")
    func sickness() throws {
        // Each hangs without ending: only a check can tell.
        let hang = "systemctl kill --kill-whom=main --signal=STOP"
        try lab.shell("master-1", "\(hang) kube-apiserver")
        try lab.shell("master-2", "systemctl stop kube-scheduler; \(hang) kube-controller-manager")
        try lab.shell(
            "worker-1",
            """
            mkdir -p /run/systemd/system/kubelet.service.d
            printf '[Service]\\nExecStart=\\nExecStart=/usr/local/bin/kubelet --no-such-flag\\n' \
                >/run/systemd/system/kubelet.service.d/wrong.conf
            systemctl daemon-reload
            systemctl restart kubelet
            """)
        try lab.shell("worker-2", "\(hang) kube-proxy")
        try lab.shell("worker-3", "systemctl stop containerd")
        let begin = Date()
        let unheard = try lab.unheard(
            [
                Complaint("master-1", "apiserver"), Complaint("haproxy", "api-servers", "master-1 DOWN", health: nil),
                Complaint("master-2", "kube-scheduler.service"), Complaint("master-2", "controller-manager"),
                Complaint("worker-1", "kubelet.service", "no-such-flag"), Complaint("worker-2", "kube-proxy"),
                Complaint("worker-3", "containerd.service"), Complaint("jump", "nodes", health: nil),
            ], within: 120)
        #expect(unheard == "")
        Cluster.say("all that is sick is named", since: begin)
        let go = "systemctl kill --kill-whom=main --signal=CONT"
        try lab.shell("master-1", "\(go) kube-apiserver")
        try lab.shell("master-2", "systemctl start kube-scheduler; \(go) kube-controller-manager")
        try lab.shell(
            "worker-1",
            "rm -r /run/systemd/system/kubelet.service.d; systemctl daemon-reload; systemctl restart kubelet")
        try lab.shell("worker-2", "\(go) kube-proxy")
        try lab.shell("worker-3", "systemctl start containerd")
        #expect(try lab.complaints(after: 120) == [])
    }
}
