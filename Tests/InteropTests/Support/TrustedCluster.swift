import Foundation
import TestSupport
import Testing

/// What there is to check in the bundle of `ha`: trust files, certificates of every kind, and forgeries.
struct TrustedCluster {
    /// A file for each set of authorities that somebody trusts, by their names as the plan writes them.
    let trusts: [String: String]
    /// A file for each row of the table in docs/trust.md.
    let certificates: [String: String]
    /// Every authority's certificates in every form: what a caller may send beside its own.
    let everything: String
    private let directory: Scratch

    init() throws {
        let bundle = try BuiltBundle.ha.get()
        directory = try Scratch()
        let plan = try CertificateFile.plan(of: "ha")
        trusts = try Self.trusts(bundle, plan)
        var certificates: [String: String] = [:]
        for certificate in CertificateFile.all(of: plan) {
            certificates[certificate.leaf.kind] = bundle.path(certificate.machine, certificate.path)
        }
        for (kind, file) in [
            ("admin", bundle.tree.path + "/operator/kubeconfig"),
            ("super-admin", bundle.path("jump", "/etc/slipway/super-admin.kubeconfig")),
            ("kube-controller-manager", bundle.path("master-1", "/etc/kubernetes/controller-manager.kubeconfig")),
            ("kube-scheduler", bundle.path("master-1", "/etc/kubernetes/scheduler.kubeconfig")),
            ("kube-proxy", bundle.path("worker-1", "/etc/kubernetes/kube-proxy.kubeconfig")),
            ("kubelet-client", bundle.path("worker-1", "/etc/kubernetes/kubelet.kubeconfig")),
        ] {
            let trusted = try Self.decoded("certificate-authority-data", of: file)
            #expect(
                try trusted == String(contentsOfFile: #require(trusts["kubernetes"]), encoding: .utf8),
                "\(file) trusts something else")
            let own = try Self.decoded("client-certificate-data", of: file)
            certificates[kind] = try directory.write(own, to: "\(kind).crt")
        }
        let csr = bundle.path("master-1", "/etc/kubernetes/pki/csr-ca")
        let frontProxy = bundle.path("vault", "/etc/vault.d/issuers/front-proxy")
        for (name, authority, usage) in [
            ("signed by kubernetes-csr: a client", csr, "extendedKeyUsage=clientAuth"),
            ("signed by kubernetes-csr: a server", csr, "extendedKeyUsage=serverAuth"),
            ("signed by kubernetes-csr: no usage named", csr, ""),
            ("signed by front-proxy: a server", frontProxy, "extendedKeyUsage=serverAuth"),
        ] { certificates[name] = try Self.forge(name, authority, usage, in: directory) }
        self.certificates = certificates
        let authorities = try
            (bundle.files { $0.contains("/etc/vault.d/issuers/") && $0.hasSuffix(".crt") }
            + trusts.values.sorted()).map { try String(contentsOfFile: $0, encoding: .utf8) }
        everything = try directory.write(authorities.joined(), to: "everything.pem")
    }

    /// The trust files by what they trust; where several trust the same, they are the same.
    private static func trusts(_ bundle: BuiltBundle, _ plan: CertificateFile.Plan) throws -> [String: String] {
        var trusts: [String: String] = [:]
        for machine in plan.machines {
            for file in machine.files where file.origin.hasPrefix("trust:") {
                let (name, path) = (String(file.origin.dropFirst("trust:".count)), bundle.path(machine.name, file.path))
                let known = trusts[name, default: path]
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: path)) == Data(contentsOf: URL(fileURLWithPath: known)))
                trusts[name] = known
            }
        }
        return trusts
    }

    private static func decoded(_ field: String, of kubeconfig: String) throws -> String {
        let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
        let line = try #require(
            text.split(separator: "\n").first { $0.contains("\(field): ") }, "\(kubeconfig): \(field)")
        let data = try #require(Data(base64Encoded: String(line.split(separator: " ").last ?? "")))
        return String(decoding: data, as: UTF8.self)
    }

    /// A certificate with the names of the API server, signed with a key that was taken from somewhere.
    private static func forge(
        _ name: String, _ authority: String, _ usage: String, in directory: Scratch
    ) throws -> String {
        let base = directory.url.appendingPathComponent(name).path
        let extensions = try directory.write(
            """
            basicConstraints=critical,CA:FALSE
            keyUsage=critical,digitalSignature
            subjectKeyIdentifier=hash
            authorityKeyIdentifier=keyid
            subjectAltName=DNS:kubernetes,DNS:worker-1,DNS:vault,IP:192.168.64.10
            \(usage)

            """, to: "\(name).extensions")
        for command in [
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                "\(base).key", "-subj", "/O=system:masters/CN=forged", "-out", "\(base).csr",
            ],
            [
                "x509", "-req", "-in", "\(base).csr", "-CA", "\(authority).crt", "-CAkey", "\(authority).key",
                "-set_serial", "7", "-days", "30", "-extfile", extensions, "-out", "\(base).crt",
            ],
        ] {
            let outcome = try Tool.openssl.run(command)
            try #require(outcome.status == 0, "\(outcome.transcript)")
        }
        return "\(base).crt"
    }
}

/// The last table of docs/trust.md.
struct TrustTable {
    let columns: [String]
    let rows: [(name: String, cells: [String])]

    init() throws {
        let page = try String(contentsOf: Repository.root.appendingPathComponent("docs/trust.md"), encoding: .utf8)
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
            }
        }
        let header = try #require(lines.firstIndex { $0.first == "certificate" })
        columns = Array(lines[header].dropFirst())
        rows = lines[(header + 2)...].map { ($0[0], Array($0.dropFirst())) }
        let words: Set = ["server", "client", "both", "–"]
        for row in rows {
            try #require(row.cells.count == columns.count && words.isSuperset(of: row.cells), "\(row)")
        }
    }
}
