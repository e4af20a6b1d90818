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
    let lab: Lab
    var prepare: @Sendable (_ lab: Lab) throws -> Void = { _ in }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        try prepare(lab)
        try await lab.hold(
            instances: [lab.name],
            start: {
                let cluster = Cluster(lab: lab)
                let begin = Date()
                try lab.slipway("up", lab.bundle, "--base", "\(Repository.image)/base", limit: 280)
                try cluster.await("\(lab.name): up to every node Ready", since: begin, within: 240) {
                    try cluster.isReady(since: begin)
                }
                try cluster.await("\(lab.name): up to CoreDNS running", since: begin, within: 120) {
                    try cluster.hasDNS()
                }
                for worker in Cluster.workers { try TestImage.place(on: worker, of: lab) }
            }, traces: { try Traces.find(of: lab, instances: [lab.name]) }, during: body)
    }

    // MARK: Two load balancers

    static let sharedAddress = "192.168.64.10"

    /// The topology of the lab with a second load balancer, and the lab's lock but for the packages of load balancers, which
    /// are more here: Tests/lab-packages pins them.
    static func addLoadBalancer(to lab: Lab) throws {
        let original = "\(Repository.image)/lab"
        var text = try String(contentsOfFile: "\(original).yaml", encoding: .utf8)
        for (line, changed) in [
            ("name: lab", "name: \(lab.name)"),
            ("  gateway: 192.168.64.1", "  gateway: 192.168.64.1\n  api: \(sharedAddress)"),
            ("address: \(sharedAddress), cpus: 1", "address: 192.168.64.13, count: 2, cpus: 1"),
        ] {
            guard text.contains(line) else { throw Cluster.Failed(description: "\(original).yaml has no '\(line)'") }
            text = text.replacing(line, with: changed, maxReplacements: 1)
        }
        try text.write(toFile: lab.topology, atomically: true, encoding: .utf8)
        var kept = true
        let lock = try String(contentsOfFile: "\(original).lock", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).filter { line in
                if line.hasPrefix("  "), !line.hasPrefix("   ") { kept = line != "  haproxy:" }
                return kept
            }
        try lock.joined(separator: "\n").write(
            toFile: "\(Repository.image)/\(lab.name).lock", atomically: true, encoding: .utf8)
    }
}

extension Trait where Self == KubernetesTrait {
    static var kubernetes: Self { KubernetesTrait(lab: Lab("lab", directory: "\(Repository.image)/kubernetes")) }

    static var kubernetesBehindTwo: Self {
        KubernetesTrait(
            lab: Lab("two", directory: "\(Repository.image)/kubernetes-two"),
            prepare: KubernetesTrait.addLoadBalancer)
    }
}
