import Foundation
import TestSupport
import Testing

/// OpenSSL's word on every certificate of every machine: chain, purpose, names and addresses, by the strict rules.
@Suite(.needs(.openssl))
struct CertificateTests {
    private static let strict = ["verify", "-x509_strict"]

    @Test(arguments: ["ha", "ha-full", "simple"]) func everyLeafVerifies(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        let certificates = try CertificateFile.all(of: topology)
        #expect(certificates.count >= 10)
        for certificate in certificates {
            let file = bundle.path(certificate.machine, certificate.path)
            let root = bundle.path(certificate.machine, "/usr/local/share/ca-certificates/slipway-root.crt")
            let leaf = certificate.leaf
            // As one that trusts the root alone sees it: a server's file brings the chain, a client's issuer has to be known.
            let issuer = bundle.path("vault", "/etc/vault.d/issuers/\(leaf.issuer).crt")
            let chain =
                Self.strict + ["-CAfile", root, "-untrusted", leaf.usage.contains("server") ? file : issuer]
            if leaf.usage.contains("server") {
                try expectValid(chain + ["-purpose", "sslserver"], file, certificate)
                for name in leaf.names { try expectValid(chain + ["-verify_hostname", name], file, certificate) }
                for address in leaf.addresses { try expectValid(chain + ["-verify_ip", address], file, certificate) }
                try expectInvalid(chain + ["-verify_hostname", "elsewhere.example"], file, certificate)
                try expectInvalid(chain + ["-verify_ip", "192.0.2.1"], file, certificate)
            } else {
                try expectInvalid(chain + ["-purpose", "sslserver"], file, certificate)
            }
            try (leaf.usage.contains("client") ? expectValid : expectInvalid)(
                chain + ["-purpose", "sslclient"], file, certificate)
        }
    }

    /// As the servers check their clients: against one issuing authority, and nothing else of the cluster passes.
    @Test func clientsPassAtTheirOwnAuthorityAlone() throws {
        let bundle = try BuiltBundle.ha.get()
        let authorities = ["kubernetes", "etcd", "front-proxy"]
        for certificate in try CertificateFile.all(of: "ha") where certificate.leaf.usage.contains("client") {
            let file = bundle.path(certificate.machine, certificate.path)
            for authority in authorities {
                let anchor = bundle.path("master-1", "/etc/kubernetes/pki/\(authority)-ca.crt")
                let arguments = Self.strict + ["-partial_chain", "-purpose", "sslclient", "-CAfile", anchor]
                try (certificate.leaf.issuer == authority ? expectValid : expectInvalid)(arguments, file, certificate)
            }
        }
    }

    @Test func everyKeyBelongsToItsCertificate() throws {
        let bundle = try BuiltBundle.ha.get()
        for certificate in try CertificateFile.all(of: "ha") {
            let file = bundle.path(certificate.machine, certificate.path)
            let ofCertificate = try Tool.openssl.run(["x509", "-noout", "-pubkey", "-in", file])
            let key = file.replacing(/\.crt$/, with: ".key")
            let ofKey = try Tool.openssl.run(["pkey", "-pubout", "-in", key])
            #expect(ofKey.status == 0, "\(certificate): \(ofKey.transcript)")
            #expect(ofCertificate.output == ofKey.output, "\(certificate)")
        }
    }

    /// Those inside the kubeconfigs, each of which must be a client and come with its key.
    @Test func kubeconfigsHoldWorkingClientCertificates() throws {
        let bundle = try BuiltBundle.ha.get()
        let anchor = bundle.path("master-1", "/etc/kubernetes/pki/kubernetes-ca.crt")
        let files = bundle.files { $0.contains("kubeconfig") || $0.hasSuffix(".kube/config") }
        #expect(files.count >= 12, "\(files)")
        for file in files {
            let directory = try Scratch()
            let text = try String(contentsOfFile: file, encoding: .utf8)
            func decoded(_ field: String) throws -> String {
                let line = try #require(
                    text.split(separator: "\n").first { $0.contains("\(field): ") }, "\(file): \(field)")
                let bytes = try #require(
                    Data(base64Encoded: String(line.split(separator: " ").last ?? "")), "\(file): \(field)")
                return try directory.write(String(decoding: bytes, as: UTF8.self), to: field)
            }
            let certificate = try decoded("client-certificate-data")
            try expectValid(
                Self.strict + ["-partial_chain", "-purpose", "sslclient", "-CAfile", anchor], certificate, file)
            let ofCertificate = try Tool.openssl.run(["x509", "-noout", "-pubkey", "-in", certificate])
            let ofKey = try Tool.openssl.run(["pkey", "-pubout", "-in", decoded("client-key-data")])
            #expect(ofCertificate.output == ofKey.output, "\(file)")
            // What it trusts verifies the API server that it is sent to.
            try expectValid(
                Self.strict + [
                    "-CAfile", try decoded("certificate-authority-data"), "-untrusted",
                    bundle.path("master-1", "/etc/kubernetes/pki/apiserver.crt"), "-purpose", "sslserver",
                ], bundle.path("master-1", "/etc/kubernetes/pki/apiserver.crt"), file)
        }
    }

    private func expectValid(_ arguments: [String], _ file: String, _ subject: some CustomStringConvertible) throws {
        let outcome = try Tool.openssl.run(arguments + [file])
        #expect(outcome.status == 0, "\(subject): openssl \(arguments.joined(separator: " ")): \(outcome.transcript)")
    }

    private func expectInvalid(_ arguments: [String], _ file: String, _ subject: some CustomStringConvertible) throws {
        let outcome = try Tool.openssl.run(arguments + [file])
        #expect(outcome.status != 0, "\(subject) passes, and must not: openssl \(arguments.joined(separator: " "))")
    }
}
