import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// What `status` says of machines that are well and of such that are not, each made sick on purpose. Kubernetes' servers and Vault
/// are stand-ins; etcd, HAProxy, containerd and kubectl are what they are. Behind the tests of LabTests.swift, on the same machines.
extension LabTests {
    @Test("payloads that come later: up --wait brings every role to healthy, and says who leads and how to use kubectl")
    func everyRoleIsHealthy() throws {
        let up = try lab.run(
            [
                Repository.slipway.path, "up", try ServerStandIns.bundle(in: lab), "--wait", "--timeout", "90",
            ], limit: 200)
        #expect(up.status == 0, "\(up)")
        #expect(up.output.contains("nodes: 3 of 3 Ready (v1.32.3)"), "\(up)")
        #expect(up.output.contains("kubectl: slipway kubectl lab"), "\(up)")
        let report = try lab.report()
        #expect(report.health == "healthy")
        #expect(report.machines.allSatisfy { $0.health == "healthy" && $0.waiting == [] })
        #expect(Set(try #require(report.leaders).keys) == ["etcd", "kube-controller-manager", "kube-scheduler"])
        let shown = try lab.run([Repository.slipway.path, "status", "lab"])
        #expect(shown.status == 0, "all is well: \(shown)")
        let nodes = try lab.slipway("kubectl", "lab", "--", "get", "nodes", "--output=name")
        #expect(nodes == "node/worker-1\nnode/worker-2\nnode/worker-3\n")
    }

    @Test(
        "services that are off, that restart, that hang, a sealed Vault and a full disk: each is named, with its reason"
    )
    func sickServices() throws {
        // Named after 90 s: the test behind this one hears it.
        try lab.shell(
            "worker-3",
            """
            mkdir -p /run/systemd/system/containerd.service.d
            printf '[Service]\\nTimeoutStartSec=infinity\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' \
                >/run/systemd/system/containerd.service.d/hang.conf
            systemctl daemon-reload
            systemctl restart --no-block containerd
            """)
        try lab.shell("master-2", "systemctl kill --signal=KILL kube-scheduler; systemctl stop kube-scheduler")
        try lab.shell(
            "worker-1", "mkdir -p /run/stand-in; touch /run/stand-in/kubelet-fails; systemctl restart kubelet")
        try lab.shell(
            "worker-2", "mkdir -p /run/stand-in; touch /run/stand-in/kube-proxy-hangs; systemctl restart kube-proxy")
        try lab.shell("haproxy", "mount -o remount,size=20m /run; head -c 19M /dev/zero >/run/full || true")
        let seal = """
            import json, ssl, urllib.request as u
            token = json.load(open("/var/lib/slipway/vault/init.json"))["root_token"]
            request = u.Request("https://127.0.0.1:8200/v1/sys/seal", method="PUT", headers={"X-Vault-Token": token})
            u.urlopen(request, context=ssl.create_default_context(cafile="/etc/vault.d/tls/ca.crt"))
            """
        #expect(try lab.inside("vault", "python3", "-c", seal).status == 0)

        let unheard = try lab.unheard(
            [
                Complaint("master-2", "kube-scheduler.service"),
                Complaint("worker-1", "kubelet.service", "it was told to fail"),
                Complaint("jump", "nodes", "worker-1 is not: Kubelet stopped posting node status.", health: nil),
                Complaint("worker-2", "kube-proxy", "refused"), Complaint("haproxy", "disk /run", "full"),
                Complaint("vault", "vault", "Vault is sealed"),
            ], within: 60)
        #expect(unheard == "")

        // Each look at this is the same, so the wait ends by its limit; what is well has been said to be.
        let up = try lab.run(
            [Repository.slipway.path, "up", "\(lab.directory)/stand-ins.tar", "--wait", "--timeout", "8"])
        #expect(up.status == 3, "\(up)")
        #expect(up.errors.contains("etcd-1: healthy"), "the progress of others is not hidden: \(up.errors)")
        #expect(up.errors.contains("nothing has moved for 8 s, and"), "\(up.errors)")
        #expect(up.errors.contains("worker-1: sick: kubelet.service: "), "\(up.errors)")
        #expect(up.errors.contains("Look at: slipway logs lab "), "\(up.errors)")
        let shown = try lab.run([Repository.slipway.path, "status", "lab"])
        #expect(shown.status == 3 && shown.output.contains("worker-1: sick: kubelet.service"), "\(shown)")

        try lab.shell("master-2", "systemctl start kube-scheduler")
        for worker in ["worker-1", "worker-2"] {
            try lab.shell(worker, "rm -r /run/stand-in; systemctl restart kubelet kube-proxy")
        }
        try lab.shell("haproxy", "rm /run/full")
        try lab.shell("vault", "systemctl restart vault-bootstrap")
        #expect(try lab.complaints(after: 60, except: "worker-3") == [])
    }

    @Test(
        "a machine that was killed, and etcd without a quorum: whoever needs them says so, and all are well again afterwards"
    )
    func sickMachines() throws {
        try lab.slipway("stop", "lab", "master-1", "--grace", "0")
        try lab.slipway("stop", "lab", "etcd-1", "etcd-2", "--grace", "0")
        let unheard = try lab.unheard(
            [
                Complaint("master-1", "power", "it is stopped"),
                Complaint("haproxy", "api-servers", "master-1 DOWN", health: nil), Complaint("etcd-3", "etcd-quorum"),
                Complaint("master-2", "apiserver", "not ready: etcd"),
                Complaint("jump", "etcd-members", "etcd-1 does not answer", health: nil),
                Complaint("jump", "api", health: nil),
            ], within: 60)
        #expect(unheard == "")
        let alone = try lab.report().machines.first { $0.name == "etcd-3" }?.complaints.map(\.name) ?? []
        #expect(!alone.contains("etcd-member"), "the member itself answers: \(alone)")
        try lab.slipway("start", "lab", "etcd-1", "etcd-2", "master-1")
        // Since the test before.
        let hung = try lab.unheard([Complaint("worker-3", "containerd.service", "has been starting for")], within: 110)
        #expect(hung == "")
        try lab.shell(
            "worker-3",
            """
            rm -r /run/systemd/system/containerd.service.d
            systemctl daemon-reload
            systemctl restart containerd
            """)
        #expect(try lab.complaints(after: 90) == [])
    }
}
