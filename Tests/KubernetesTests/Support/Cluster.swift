import Foundation
import HostSystem
import LabSupport
import TestSupport

/// The cluster that runs in a lab, as kubectl on the jump host sees it.
struct Cluster {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let lab: Lab
    static let workers = ["worker-1", "worker-2", "worker-3"]

    /// Runs kubectl on the jump host with the administrator's credentials.
    func kubectl(_ arguments: [String], input: String? = nil, kubeconfig: String = "/etc/slipway/addons.kubeconfig")
        throws -> CommandResult
    {
        let command = ["env", "KUBECONFIG=\(kubeconfig)", "kubectl", "--request-timeout=10s"] + arguments
        return try lab.run(
            [Repository.slipway.path, "exec", lab.name, "jump", "--"] + command,
            input: input.map { .text($0) } ?? .nothing
        )
    }

    /// What kubectl prints; it must succeed.
    @discardableResult
    func require(_ arguments: String..., input: String? = nil) throws -> String {
        let result = try kubectl(arguments, input: input)
        guard result.status == 0 else {
            throw Failed(description: "kubectl \(arguments.joined(separator: " ")): \(result.output)\(result.errors)")
        }
        return result.output
    }

    func apply(_ manifest: String) throws { try require("apply", "-f", "-", input: manifest) }

    /// What a program prints in a pod.
    func inPod(_ pod: String, _ command: String...) throws -> CommandResult {
        try kubectl(["exec", pod, "--"] + command)
    }

    // MARK: Health

    /// Whether every node says itself that it is ready, after the moment: what the API remembers of an earlier life does not
    /// count.
    func isReady(since moment: Date) throws -> Bool {
        let path =
            #"{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}{"\n"}{end}"#
        let result = try kubectl(["get", "nodes", "-o", "jsonpath=\(path)"])
        guard result.status == 0 else { return false }
        let earliest = Self.text(moment)
        let ready = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter {
            $0.count == 3 && $0[1] == "True" && $0[2] >= earliest
        }
        return ready.map { $0[0] }.sorted() == Self.workers
    }

    func hasDNS() throws -> Bool {
        let result = try kubectl([
            "get", "deployment", "coredns", "--namespace=kube-system", "-o", "jsonpath={.status.readyReplicas}",
        ])
        return (Int(result.output) ?? 0) >= 1
    }

    /// Whether the API answers through the load balancer.
    func hasAPI() throws -> Bool { try kubectl(["get", "--raw=/readyz"]).output == "ok" }

    /// Who leads, by the name of its machine; the lease's holder is the machine's name and a random part.
    func leader(_ component: String) throws -> String {
        let holder = try kubectl([
            "get", "lease", component, "--namespace=kube-system", "-o", "jsonpath={.spec.holderIdentity}",
        ]).output
        return String(holder.prefix { $0 != "_" })
    }

    // MARK: Times

    /// Waits, and says how long it took: the figures of a run.
    func `await`(_ what: String, since begin: Date, within seconds: Double, _ condition: () throws -> Bool) throws {
        guard try lab.eventually(within: seconds, condition) else {
            let nodes = try kubectl(["get", "nodes,pods", "--all-namespaces", "-o", "wide"])
            throw Failed(description: "\(what): not within \(seconds) s\n\(nodes.output)\(nodes.errors)")
        }
        Self.say(what, since: begin)
    }

    static func say(_ what: String, since begin: Date) {
        let seconds = (Date().timeIntervalSince(begin) * 10).rounded() / 10
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "?"
        print("kubernetes-test: \(what): \(seconds) s (load \(load))")
    }

    /// RFC 3339 in UTC, in whole seconds, as the API writes it.
    private static func text(_ moment: Date) -> String { ISO8601DateFormatter().string(from: moment) }
}
