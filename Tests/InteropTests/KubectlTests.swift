import Foundation
import TestSupport
import Testing

/// kubectl reads what it will be given on the machines.
@Suite(.needs(.kubectl))
struct KubectlTests {
    @Test(arguments: ["ha", "ha-full", "simple"]) func everyKubeconfigParses(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        let files = bundle.files { $0.contains("kubeconfig") || $0.hasSuffix(".kube/config") }
        #expect(files.count >= 8, "\(files)")
        for file in files {
            let outcome = try Tool.kubectl.run(["config", "view", "--kubeconfig", file, "--minify", "--output", "json"])
            #expect(outcome.status == 0, "\(file): \(outcome.transcript)")
            let view = try JSONDecoder().decode(View.self, from: Data(outcome.output.utf8))
            #expect(view.clusters.count == 1 && view.users.count == 1, "\(file)")
            #expect(view.clusters.allSatisfy { $0.cluster.server.hasPrefix("https://") }, "\(file)")
        }
    }

    /// The add-ons as the jump host applies them, with a stand-in for Calico's published manifest.
    @Test func addonsBuild() throws {
        let bundle = try BuiltBundle.ha.get()
        let directory = try Scratch()
        let addons = directory.url.appendingPathComponent("addons")
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: bundle.path("jump", "/etc/slipway/addons")), to: addons)
        try directory.write(Self.calico, to: "addons/calico.yaml")
        let outcome = try Tool.kubectl.run(["kustomize", addons.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        for expected in [
            "clusterIP: 10.96.0.10", "name: CALICO_IPV4POOL_CIDR", "value: 10.244.0.0/16", "kind: Deployment",
        ] {
            #expect(outcome.output.contains(expected), "\(expected) is not in\n\(outcome.output)")
        }
        // The patch adds to what was published; it replaces nothing.
        #expect(outcome.output.contains("image: calico-node-as-published"))
    }

    private struct View: Decodable {
        struct Entry: Decodable { let cluster: Cluster }
        struct Cluster: Decodable { let server: String }
        struct User: Decodable { let name: String }
        let clusters: [Entry]
        let users: [User]
    }

    private static let calico = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: { name: calico-node, namespace: kube-system }
        spec:
          selector: { matchLabels: { k8s-app: calico-node } }
          template:
            metadata: { labels: { k8s-app: calico-node } }
            spec:
              containers:
                - name: calico-node
                  image: calico-node-as-published
                  env:
                    - { name: DATASTORE_TYPE, value: kubernetes }
        """
}
