import Foundation
import LabSupport
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where no Kubernetes servers are given, in CI too: no registry that it reaches has them. With them everything else
    /// that the lab needs has to be there.
    static var serversGiven: Self {
        .enabled(
            "PAYLOADS=DIR is not given: a directory with Kubernetes' servers and images, named like the lab's payloads"
        ) {
            guard ProcessInfo.processInfo.environment["PAYLOADS"] ?? "" != "" else { return false }
            let lock = (try? String(contentsOfFile: "\(Repository.image)/lab.lock", encoding: .utf8)) ?? ""
            var missing = notRoot + (Tool("/usr/bin/systemd-nspawn").path == nil ? ["systemd-nspawn"] : [])
            missing += ["kubelet", "kube-apiserver", "image-pause", "image-coredns"].filter {
                !lock.contains("  \($0):\n")
            }
            guard missing.isEmpty else {
                throw ToolMissing(names: missing, advice: "make kubernetes-test PAYLOADS=DIR sets out/lab up")
            }
            return true
        }
    }
}

/// Brings a lab with Kubernetes up before the suite's first test and destroys it after the last one, however they ended.
struct KubernetesTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        let lab = Lab("lab", directory: "\(Repository.image)/kubernetes")
        try await lab.hold(
            instances: ["lab"],
            start: {
                let cluster = Cluster(lab: lab)
                let begin = Date()
                try lab.slipway("up", lab.bundle, "--base", "\(Repository.image)/base", limit: 280)
                try cluster.await("up to every node Ready", since: begin, within: 240) {
                    try cluster.isReady(since: begin)
                }
                try cluster.await("up to CoreDNS running", since: begin, within: 120) { try cluster.hasDNS() }
                for worker in Cluster.workers { try TestImage.place(on: worker, of: lab) }
            }, traces: { try Traces.find(of: lab, instances: ["lab"]) }, during: body)
    }
}

extension Trait where Self == KubernetesTrait {
    static var kubernetes: Self { KubernetesTrait() }
}
