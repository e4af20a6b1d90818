import Foundation
import TestSupport
import Testing

/// docs/trust.md against OpenSSL and Go: every trust file with every certificate, as a server and as a client.
@Suite(.needs(.openssl, .go))
struct TrustTests {
    @Test func everyCellOfTheTableIsAsBothJudgesSay() throws {
        let cluster = try TrustedCluster()
        let table = try TrustTable()
        #expect(Set(table.columns) == Set(cluster.trusts.keys), "a trust file is in no column, or a column in no file")
        #expect(
            Set(table.rows.map(\.name)) == Set(cluster.certificates.keys), "a certificate is in no row, or the reverse")
        var questions: [Question] = []
        for row in table.rows {
            for (column, expected) in zip(table.columns, row.cells) {
                for use in ["server", "client"] {
                    questions.append(
                        Question(
                            use: use, row: row.name, column: column, expected: expected == use || expected == "both",
                            trust: try #require(cluster.trusts[column]),
                            certificate: try #require(cluster.certificates[row.name])))
                }
            }
        }
        let go = try Self.askGo(questions, cluster)
        #expect(go.count == questions.count)
        for (question, verdict) in zip(questions, go) {
            let openssl = try Tool.openssl.run(
                [
                    "verify", "-x509_strict", "-partial_chain", "-purpose", "ssl\(question.use)", "-CAfile",
                    question.trust, "-untrusted", cluster.everything, question.certificate,
                ])
            #expect((openssl.status == 0) == question.expected, "OpenSSL, \(question): \(openssl.transcript)")
            #expect((verdict == "accepted") == question.expected, "Go, \(question): \(verdict)")
        }
        let accepted = questions.count { $0.expected }
        #expect(accepted >= 45 && questions.count - accepted >= 207)
        print("trust: \(accepted) accepted, \(questions.count - accepted) refused, by OpenSSL and by Go")
    }

    /// Each connection of the cluster with the files that its two ends really read, and without OpenSSL's -partial_chain: this is
    /// what HAProxy, Python and a pod's `ca.crt` depend on.
    @Test(arguments: Connection.all) func bothEndsAccept(connection: Connection) throws {
        let bundle = try BuiltBundle.ha.get()
        func path(_ file: String) -> String {
            let parts = file.split(separator: ":", maxSplits: 1).map(String.init)
            return bundle.path(parts[0], parts[1])
        }
        func verify(_ arguments: [String], _ file: String) throws {
            let outcome = try Tool.openssl.run(["verify", "-x509_strict"] + arguments + [path(file)])
            #expect(outcome.status == 0, "\(connection): \(outcome.transcript)")
        }
        let server = ["-CAfile", path(connection.clientTrusts), "-untrusted", path(connection.server)]
        try verify(server + ["-purpose", "sslserver", connection.option, connection.name], connection.server)
        if let client = connection.client, let trusts = connection.serverTrusts {
            try verify(["-CAfile", path(trusts), "-purpose", "sslclient"], client)
        }
    }

    private static func askGo(_ questions: [Question], _ cluster: TrustedCluster) throws -> [String] {
        let directory = try Scratch()
        let list = questions.map { [$0.use, $0.trust, cluster.everything, $0.certificate].joined(separator: "\t") }
        let file = try directory.write(list.joined(separator: "\n") + "\n", to: "list")
        let program = Repository.scripts.appendingPathComponent("verify.go").path
        let outcome = try Child.run(
            [try Tool.go.requirePath(), "run", program, file],
            environment: ["GOCACHE": directory.url.path, "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": ""],
            limit: .seconds(240))
        guard outcome.status == 0 else { throw Slipway.Failed(arguments: ["go"], transcript: outcome.transcript) }
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private struct Question: CustomStringConvertible {
        let use: String
        let row: String
        let column: String
        let expected: Bool
        let trust: String
        let certificate: String

        var description: String {
            "'\(row)' as a \(use) for who trusts \(column) must \(expected ? "" : "not ")be accepted"
        }
    }

    struct Connection: CustomTestStringConvertible {
        let testDescription: String
        let clientTrusts: String
        let server: String
        let option: String
        let name: String
        var client: String?
        var serverTrusts: String?

        static let all = [
            Connection(
                testDescription: "API server to kubelet",
                clientTrusts: "master-1:/etc/kubernetes/pki/kubernetes-ca.crt",
                server: "worker-1:/etc/kubernetes/pki/kubelet-server.crt", option: "-verify_ip", name: "192.168.64.41",
                client: "master-1:/etc/kubernetes/pki/apiserver-kubelet-client.crt",
                serverTrusts: "worker-1:/etc/kubernetes/pki/kubernetes-ca.crt"),
            Connection(
                testDescription: "API server to etcd", clientTrusts: "master-2:/etc/kubernetes/pki/etcd-ca.crt",
                server: "etcd-3:/etc/etcd/pki/server.crt", option: "-verify_ip", name: "192.168.64.23",
                client: "master-2:/etc/kubernetes/pki/apiserver-etcd-client.crt",
                serverTrusts: "etcd-3:/etc/etcd/pki/ca.crt"),
            Connection(
                testDescription: "jump host to etcd", clientTrusts: "jump:/etc/slipway/etcd/ca.crt",
                server: "etcd-1:/etc/etcd/pki/server.crt", option: "-verify_ip", name: "192.168.64.21",
                client: "jump:/etc/slipway/etcd/client.crt", serverTrusts: "etcd-1:/etc/etcd/pki/ca.crt"),
            Connection(
                testDescription: "etcd to etcd", clientTrusts: "etcd-1:/etc/etcd/pki/peer-ca.crt",
                server: "etcd-2:/etc/etcd/pki/peer.crt", option: "-verify_ip", name: "192.168.64.22",
                client: "etcd-1:/etc/etcd/pki/peer.crt", serverTrusts: "etcd-2:/etc/etcd/pki/peer-ca.crt"),
            Connection(
                testDescription: "HAProxy to API server", clientTrusts: "haproxy:/etc/haproxy/ca.crt",
                server: "master-1:/etc/kubernetes/pki/apiserver.crt", option: "-verify_hostname", name: "kubernetes"),
            Connection(
                testDescription: "pod to API server", clientTrusts: "master-1:/etc/kubernetes/pki/kubernetes-ca.crt",
                server: "master-2:/etc/kubernetes/pki/apiserver.crt", option: "-verify_hostname",
                name: "kubernetes.default.svc"),
            Connection(
                testDescription: "vault-bootstrap to Vault", clientTrusts: "vault:/etc/vault.d/tls/ca.crt",
                server: "vault:/etc/vault.d/tls/vault.crt", option: "-verify_ip", name: "127.0.0.1"),
            Connection(
                testDescription: "jump host to Vault", clientTrusts: "jump:/etc/slipway/vault-ca.crt",
                server: "vault:/etc/vault.d/tls/vault.crt", option: "-verify_ip", name: "192.168.64.11"),
            Connection(
                testDescription: "aggregator to API server's check of it",
                clientTrusts: "master-1:/etc/kubernetes/pki/kubernetes-ca.crt",
                server: "master-1:/etc/kubernetes/pki/apiserver.crt", option: "-verify_ip", name: "127.0.0.1",
                client: "master-1:/etc/kubernetes/pki/front-proxy-client.crt",
                serverTrusts: "master-1:/etc/kubernetes/pki/front-proxy-ca.crt"),
            Connection(
                testDescription: "a person's curl to the API server",
                clientTrusts: "jump:/usr/local/share/ca-certificates/slipway-root.crt",
                server: "master-1:/etc/kubernetes/pki/apiserver.crt", option: "-verify_ip", name: "192.168.64.10"),
        ]
    }
}
