import Foundation
import TestSupport
import Testing

/// A stand-in for Vault (Fixtures/vault-stand-in.py) on a loopback port, and a `vault-bootstrap` pointed at it.
final class VaultStandIn {
    /// The settings of bootstrap.json that a test chooses.
    struct Settings {
        var unsealsItself = true
        var roleLifetime = 3600
        var engine = "pki_etcd"
    }

    private let directory: Scratch
    private var server: Child?
    private var port = ""

    init() throws {
        directory = try Scratch()
        for name in ["state", "storage"] {
            try FileManager.default.createDirectory(at: url(name), withIntermediateDirectories: true)
        }
        try makeCertificate(named: "tls", alternativeName: "IP:127.0.0.1")
        try makeCertificate(named: "issuer", alternativeName: "DNS:issuer")
        try makeCertificate(named: "parent", alternativeName: "DNS:parent")
        // As the compiler writes it: the authority first, then those above it.
        let chain = try read("issuer.crt") + read("parent.crt")
        try directory.write(chain, to: "issuers.crt")
        try start()
    }

    deinit { server?.stop() }

    func url(_ name: String) -> URL { directory.url.appendingPathComponent(name) }
    func read(_ name: String) throws -> String { try String(contentsOf: url(name), encoding: .utf8) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url(name).path) }
    func write(_ name: String) throws { try directory.write("", to: name) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(at: url(name)) }

    /// The changes that were asked for, oldest first.
    func calls() -> [String] { ((try? read("calls")) ?? "").split(separator: "\n").map(String.init) }

    /// What real Vault would keep, as text.
    func storage() throws -> String { try read("storage/vault.json") }

    /// Stops it and starts it again: sealed, with its storage.
    func restart() throws {
        server?.stop()
        try start()
    }

    func bootstrap(_ command: String = "run", _ settings: Settings = Settings()) throws -> Child.Outcome {
        let call = try commandLine(command, settings)
        return try Child.run(call.words, environment: call.environment)
    }

    func startBootstrap(_ settings: Settings = Settings()) throws -> Child {
        let call = try commandLine("run", settings)
        return try Child(starting: call.words, environment: call.environment)
    }

    private func commandLine(
        _ command: String, _ settings: Settings
    ) throws -> (words: [String], environment: [String: String]) {
        let file = try directory.write(configuration(settings), to: "bootstrap.json")
        let script = Repository.templates.appendingPathComponent("programs/vault-bootstrap").path
        return ([try Tool.python.requirePath(), script, command], ["VAULT_BOOTSTRAP_CONFIG": file])
    }

    private func start() throws {
        if exists("port") { try remove("port") }
        let program = Repository.root.appendingPathComponent("Tests/InteropTests/Fixtures/vault-stand-in.py").path
        let server = try Child(starting: [try Tool.python.requirePath(), program, directory.url.path])
        self.server = server
        try #require(eventually(within: .seconds(20)) { exists("port") }, "\(server.printed)")
        port = try read("port")
    }

    private func makeCertificate(named name: String, alternativeName: String) throws {
        let made = try Tool.openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(name)", "-addext", "subjectAltName=\(alternativeName)", "-keyout", url("\(name).key").path, "-out",
            url("\(name).crt").path,
        ])
        try #require(made.status == 0, "\(made.transcript)")
    }

    private func configuration(_ settings: Settings) -> String {
        """
        {
          "address": "https://127.0.0.1:\(port)", "ca": "\(url("tls.crt").path)",
          "state": "\(url("state").path)", "storage": "\(url("storage").path)",
          "restart": ["/usr/bin/touch", "\(url("restart-wanted").path)"],
          "shares": 5, "threshold": 3, "auto-unseal": \(settings.unsealsItself),
          "engines": [
            { "path": "pki_root", "certificate": "\(url("parent.crt").path)", "key": null, "max-lease-ttl": 9000 },
            { "path": "\(settings.engine)", "certificate": "\(url("issuers.crt").path)", "key": "\(url("issuer.key").path)",
              "max-lease-ttl": 7200 }
          ],
          "roles": [
            { "engine": "pki_etcd", "name": "etcd-peer", "settings": { "ttl": \(settings.roleLifetime), "server_flag": true } }
          ]
        }
        """
    }
}
