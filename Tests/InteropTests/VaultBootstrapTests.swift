import Foundation
import TestSupport
import Testing

/// What vault-bootstrap does at first boot, at every later one, and after being cut off; against a stand-in for Vault.
@Suite(.needs(.python, .openssl)) struct VaultBootstrapTests {
    private let vault: VaultStandIn

    init() throws { vault = try VaultStandIn() }

    private struct Kept: Decodable {
        let keys: [String]
        let rootToken: String

        private enum CodingKeys: String, CodingKey {
            case keys = "keys_base64"
            case rootToken = "root_token"
        }
    }

    private func kept() throws -> Kept {
        try JSONDecoder().decode(Kept.self, from: Data(vault.read("state/init.json").utf8))
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: vault.url(name).path)[.posixPermissions] as? Int
    }

    @Test func firstRunInitialisesUnsealsAndSetsUp() throws {
        let outcome = try vault.bootstrap()
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(try kept().keys.count == 5)
        #expect(try mode("state/init.json") == 0o600)
        #expect(!vault.exists("state/initialising"))
        #expect(
            vault.calls() == [
                "init", "unsealed", "PUT sys/audit/journal", "POST sys/mounts/pki_root",
                "POST pki_root/issuers/import/bundle",
                "POST sys/mounts/pki_etcd", "POST pki_etcd/issuers/import/bundle", "POST pki_etcd/config/issuers",
                "POST pki_etcd/roles/etcd-peer",
            ])
    }

    @Test func nothingSecretIsPrinted() throws {
        let outcome = try vault.bootstrap()
        let secrets = try kept()
        let key = try vault.read("issuer.key").split(separator: "\n")[1]
        for secret in secrets.keys + [secrets.rootToken, String(key)] {
            #expect(!outcome.transcript.contains(secret))
        }
    }

    @Test func secondRunChangesNothing() throws {
        #expect(try vault.bootstrap().status == 0)
        let before = (calls: vault.calls(), state: try vault.read("state/init.json"))
        let again = try vault.bootstrap()
        #expect(again.status == 0, "\(again.transcript)")
        #expect(vault.calls() == before.calls)
        #expect(try vault.read("state/init.json") == before.state)
    }

    @Test func unsealsAfterARestart() throws {
        #expect(try vault.bootstrap().status == 0)
        try vault.restart()
        let again = try vault.bootstrap()
        #expect(again.status == 0, "\(again.transcript)")
        #expect(vault.calls().filter { $0 == "init" }.count == 1)
        #expect(vault.calls().last == "unsealed")
    }

    @Test func theIssuerWithItsKeyIsTheDefaultNotTheOneAboveIt() throws {
        #expect(try vault.bootstrap().status == 0)
        struct Storage: Decodable {
            struct Issuer: Decodable {
                let certificate: String
                let keyID: String

                private enum CodingKeys: String, CodingKey {
                    case certificate
                    case keyID = "key_id"
                }
            }
            let issuers: [String: [String: Issuer]]
            let defaults: [String: String]
        }
        let storage = try JSONDecoder().decode(Storage.self, from: Data(vault.storage().utf8))
        let issuing = try #require(storage.defaults["pki_etcd"].flatMap { storage.issuers["pki_etcd"]?[$0] })
        #expect(try vault.read("issuer.crt").hasPrefix(issuing.certificate))
        #expect(!issuing.keyID.isEmpty)
        #expect(storage.issuers["pki_root"]?.values.allSatisfy { $0.keyID.isEmpty } == true)
    }

    @Test func aChangedRoleIsWrittenAlone() throws {
        #expect(try vault.bootstrap().status == 0)
        let before = vault.calls()
        #expect(try vault.bootstrap("run", .init(roleLifetime: 60)).status == 0)
        #expect(vault.calls() == before + ["POST pki_etcd/roles/etcd-peer"])
    }

    @Test func killedBetweenInitialisingAndUnsealingLosesNothing() throws {
        try vault.write("hang-unseal")
        let child = try vault.startBootstrap()
        try #require(eventually(within: .seconds(20)) { vault.exists("hanging") }, "\(child.printed)")
        kill(child.identifier, SIGKILL)
        try vault.remove("hang-unseal")
        let shares = try kept().keys
        try vault.restart()
        let next = try vault.bootstrap()
        #expect(next.status == 0, "\(next.transcript)")
        #expect(try kept().keys == shares)
        #expect(vault.calls().filter { $0 == "init" }.count == 1)
        #expect(vault.calls().contains("unsealed"))
    }

    @Test func anAnswerThatWasLostStartsOver() throws {
        try vault.write("lose-init")
        #expect(try vault.bootstrap().status == 1)
        try vault.remove("lose-init")
        let second = try vault.bootstrap()
        #expect(second.status == 1)
        #expect(second.errors.contains("restarting Vault to start over"))
        #expect(vault.exists("restart-wanted"))
        // What vault.service does before it starts.
        let discarded = try vault.bootstrap("discard-lost")
        #expect(discarded.output.contains("starting over with empty storage"))
        try vault.restart()
        let third = try vault.bootstrap()
        #expect(third.status == 0, "\(third.transcript)")
    }

    @Test func storageIsNeverDiscardedWithoutTheMarker() throws {
        #expect(try vault.bootstrap().status == 0)
        let storage = try vault.storage()
        // A person took the shares away.
        try vault.remove("state/init.json")
        #expect(try vault.bootstrap("discard-lost").status == 0)
        #expect(try vault.storage() == storage)
    }

    @Test func withoutAutoUnsealItStopsAndSaysHow() throws {
        let outcome = try vault.bootstrap("run", .init(unsealsItself: false))
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.output.contains("run `vault operator unseal` 3 times"))
        #expect(outcome.output.contains(vault.url("state/init.json").path))
        #expect(vault.calls() == ["init"])
    }

    @Test(arguments: [
        ("state/init.json", "is gone: unseal by hand with `vault operator unseal`"),
        ("storage/vault.json", "its storage"),
    ])
    func whatIsMissingIsNamed(file: String, message: String) throws {
        #expect(try vault.bootstrap().status == 0)
        try vault.remove(file)
        try vault.restart()
        let outcome = try vault.bootstrap()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(message), "\(outcome.transcript)")
    }

    @Test func theCheckNamesWhatIsNotThere() throws {
        let empty = try vault.bootstrap("check")
        #expect(empty.status == 1 && empty.errors.contains("Vault is not initialised"), "\(empty.transcript)")
        #expect(try vault.bootstrap("run", .init(unsealsItself: false)).status == 0)
        let sealed = try vault.bootstrap("check")
        #expect(sealed.status == 1 && sealed.errors.contains("Vault is sealed: 0 of 3 shares"), "\(sealed.transcript)")
        #expect(try vault.bootstrap().status == 0)
        let calls = vault.calls()
        let open = try vault.bootstrap("check")
        #expect(open.status == 0 && open.output == "unsealed, 2 PKI engines\n", "\(open.transcript)")
        // It needs nothing that only root may read, and changes nothing.
        try vault.remove("state/init.json")
        #expect(try vault.bootstrap("check").status == 0)
        #expect(vault.calls() == calls)
    }

    @Test func theCheckNamesAnEngineThatIsNotSetUp() throws {
        #expect(try vault.bootstrap().status == 0)
        let outcome = try vault.bootstrap("check", .init(engine: "pki_lost"))
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(
            outcome.errors.contains("unsealed, but these PKI engines are not set up: pki_lost"), "\(outcome.transcript)"
        )
    }

    @Test func aWrongCommandIsAUsageError() throws {
        let outcome = try vault.bootstrap("unseal")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("usage: vault-bootstrap run | discard-lost"))
    }
}
