import Foundation
import HostSystem
import Launching
import TestSupport
import Testing

/// `slipway kubectl` and `slipway kubeconfig` on machines that the stand-in for UTM runs. What answers where the API should
/// be is a small server with the API server's own certificate.
@Suite("slipway kubectl", .needs(.kubectl, .python))
struct UTMKubectlTests {
    let mac: Mac
    /// Of the machine that is the cluster's endpoint.
    let pki: String

    init() throws {
        mac = try Mac()
        try mac.must("up", try Bundles.simple.get(), "--provider", "utm")
        try mac.must("extract", try Bundles.simple.get(), "\(mac.path)/files")
        pki = "\(mac.path)/files/master-1/etc/kubernetes/pki"
    }

    /// Runs a command in a network of its own, in which this host has an address and the API is served.
    private func serving(at address: String, port: Int = 6443, _ command: [String]) throws -> CommandResult {
        let script = """
            ip link set lo up; ip address add "$1/32" dev lo 2>/dev/null || true
            "$2" "$3" "$4" "$5" >&2 & server=$!
            shift 5
            for try in 1 2 3 4 5 6 7 8 9 10; do "$@" 2>err && break; sleep 0.5; done; status=$?
            cat err >&2; kill $server; exit $status
            """
        let python = try Tool.python.requirePath()
        return try mac.run(
            program: [
                "unshare", "--net", "sh", "-c", "cd \"$0\"; \(script)", mac.path, address, python,
                Repository.root.appendingPathComponent("Tests/UTMTests/StandIn/api.py").path, pki, "\(port)",
            ] + command)
    }

    @Test("Debian's kubectl is let in as the administrator, with the cluster's own address", .needsRoot())
    func administrator() throws {
        let kubeconfig = try mac.must("kubeconfig", "simple")
        let server = try #require(kubeconfig.firstMatch(of: /server: https:\/\/([0-9.]+):6443\n/)).1
        let outcome = try serving(
            at: String(server), [Repository.slipway.path, "kubectl", "simple", "--", "get", "--raw", "/readyz"])
        #expect(outcome.output == "kubernetes-admin of slipway:cluster-admins asks for /readyz\n", "\(outcome)")
    }

    @Test("the same certificate holds for a port of 127.0.0.1", .needsRoot())
    func forwardedPort() throws {
        let kubeconfig = try mac.must("kubeconfig", "simple").replacing(
            /server: https:.*/, with: "server: https://127.0.0.1:22001")
        try Data(kubeconfig.utf8).write(to: URL(fileURLWithPath: "\(mac.path)/kubeconfig"))
        let outcome = try serving(
            at: "192.0.2.1", port: 22001,
            [try Tool.kubectl.requirePath(), "--kubeconfig", "\(mac.path)/kubeconfig", "get", "--raw", "/version"])
        #expect(outcome.output == "kubernetes-admin of slipway:cluster-admins asks for /version\n", "\(outcome)")
    }

    @Test("arguments, input and status are kubectl's; the key is in a file for its owner alone, and on no command line")
    func passedOn() throws {
        try mac.place(
            program: "kubectl",
            """
            #!/bin/sh
            echo "arguments: $*"; echo "file: $(stat -c %a "$KUBECONFIG") in $(stat -c %a "$(dirname "$KUBECONFIG")")"
            tr '\\0' ' ' </proc/$$/cmdline | grep -c 'PRIVATE KEY\\|client-key' ; cat; exit 7
            """)
        let outcome = try mac.run(input: "typed\n", "kubectl", "simple", "--", "apply", "-f", "-", "--v", "a b")
        #expect(outcome.status == 7)
        #expect(outcome.output == "arguments: apply -f - --v a b\nfile: 600 in 700\n0\ntyped\n", "\(outcome)")
    }

    @Test("an endpoint that is off is named, before kubectl waits for it")
    func off() throws {
        try mac.must("stop", "simple", "--grace", "3")
        let outcome = try mac.run("kubectl", "simple", "--", "get", "nodes")
        #expect(outcome.status == 1 && outcome.errors.contains("master-1 is not running. Start it with"), "\(outcome)")
    }
}
