import Testing
import Yams

/// The audit policy as the API server reads it: the first rule that matches decides
/// (https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy).
@Suite struct AuditPolicyTests {
    @Test(arguments: [
        // What is secret leaves a trace, whoever asks for it, and never with its content.
        (Request(user: "system:node:worker-1", groups: ["system:nodes"], verb: "get", resource: "secrets"), "Metadata"),
        (
            Request(user: "system:node:worker-1", groups: ["system:nodes"], verb: "watch", resource: "configmaps"),
            "Metadata"
        ),
        (
            Request(
                user: "system:serviceaccount:kube-system:generic-garbage-collector",
                groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system"], verb: "list",
                resource: "secrets"), "Metadata"
        ),
        (Request(user: "system:kube-controller-manager", verb: "list", resource: "secrets"), "Metadata"),
        (Request(user: "system:apiserver", verb: "get", resource: "secrets"), "Metadata"),
        (
            Request(user: "kubernetes-admin", groups: ["system:masters"], verb: "create", resource: "secrets"),
            "Metadata"
        ),
        (Request(user: "kubernetes-admin", verb: "create", resource: "serviceaccounts/token"), "Metadata"),
        (
            Request(
                user: "system:node:worker-1", groups: ["system:nodes"], verb: "create", group: "authentication.k8s.io",
                resource: "tokenreviews"), "Metadata"
        ),
        (
            Request(
                user: "system:node:worker-1", groups: ["system:nodes"], verb: "create", group: "certificates.k8s.io",
                resource: "certificatesigningrequests"), "Metadata"
        ),
        // What is many and says nothing leaves none.
        (Request(user: "system:node:worker-1", groups: ["system:nodes"], verb: "get", resource: "pods"), "None"),
        (Request(user: "system:kube-scheduler", verb: "watch", resource: "nodes"), "None"),
        (
            Request(
                user: "system:node:worker-1", groups: ["system:nodes"], verb: "update", group: "coordination.k8s.io",
                resource: "leases"), "None"
        ),
        (Request(user: "anyone", verb: "create", resource: "events"), "None"),
        (Request(user: "system:anonymous", verb: "get", path: "/readyz"), "None"),
        (Request(user: "system:anonymous", verb: "get", path: "/livez/etcd"), "None"),
        // All else: that it was done, and for rights what was done.
        (
            Request(user: "system:node:worker-1", groups: ["system:nodes"], verb: "patch", resource: "nodes/status"),
            "Metadata"
        ),
        (Request(user: "kubernetes-admin", verb: "get", resource: "pods"), "Metadata"),
        (Request(user: "kubernetes-admin", verb: "get", path: "/metrics"), "Metadata"),
        (
            Request(
                user: "kubernetes-admin", verb: "create", group: "rbac.authorization.k8s.io",
                resource: "clusterrolebindings"), "RequestResponse"
        ),
        (
            Request(user: "kubernetes-admin", verb: "list", group: "rbac.authorization.k8s.io", resource: "roles"),
            "Metadata"
        ),
    ])
    func levelOfARequest(request: Request, level: String) throws {
        #expect(try AuditPolicy().level(of: request) == level, "\(request)")
    }

    /// A rule that names no resource would be met by every secret that reaches it.
    @Test func noRuleThatLogsBodiesCanBeMetByASecret() throws {
        let policy = try AuditPolicy()
        let verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
        for resource in ["secrets", "configmaps", "serviceaccounts/token"] {
            for verb in verbs {
                for groups in [[], ["system:nodes"], ["system:masters"], ["system:serviceaccounts:kube-system"]] {
                    let request = Request(user: "system:apiserver", groups: groups, verb: verb, resource: resource)
                    #expect(policy.level(of: request) == "Metadata", "\(request)")
                }
            }
        }
    }

    struct Request: Sendable {
        let user: String
        var groups: [String] = []
        let verb: String
        var group = ""
        /// `RESOURCE` or `RESOURCE/SUBRESOURCE`; nil for a request that is about none.
        var resource: String?
        var path: String?
    }

    private struct AuditPolicy {
        private let rules: [[String: Any]]

        init() throws {
            let text = try RepositoryFiles.text("templates/kubernetes/audit-policy.yaml")
            let document = try #require(try Yams.load(yaml: text) as? [String: Any])
            rules = try #require(document["rules"] as? [[String: Any]])
        }

        /// The level of the first rule that matches; without one nothing is logged.
        func level(of request: Request) -> String {
            rules.first { matches($0, request) }?["level"] as? String ?? "None"
        }

        /// As audit/policy/checker.go: each list that is there must hold the request.
        private func matches(_ rule: [String: Any], _ request: Request) -> Bool {
            func allows(_ key: String, _ values: [String]) -> Bool {
                guard let list = rule[key] as? [String], !list.isEmpty else { return true }
                return !Set(list).isDisjoint(with: values)
            }
            guard allows("users", [request.user]), allows("userGroups", request.groups), allows("verbs", [request.verb])
            else { return false }
            let resources = rule["resources"] as? [[String: Any]] ?? []
            let paths = rule["nonResourceURLs"] as? [String] ?? []
            if let resource = request.resource {
                guard !resources.isEmpty || !paths.isEmpty else { return true }
                return resources.contains { entry in
                    guard entry["group"] as? String == request.group else { return false }
                    let names = entry["resources"] as? [String] ?? []
                    return names.isEmpty || names.contains(resource)
                }
            }
            guard !resources.isEmpty || !paths.isEmpty else { return true }
            return paths.contains { pattern in
                pattern.hasSuffix("*") ? request.path?.hasPrefix(pattern.dropLast()) == true : request.path == pattern
            }
        }
    }
}
