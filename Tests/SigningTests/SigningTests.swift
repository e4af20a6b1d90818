import Foundation
import TestSupport
import Testing

/// Bundles signed by `slipway` and by OpenSSH itself, judged by the other: through the program, as a person would.
@Suite("signed bundles", .serialized, .needs(.sshKeygen, .tar))
struct SigningTests {
    let scratch: Scratch
    let keys = ["maker", "stranger"]

    init() throws {
        scratch = try Scratch()
        for key in keys { try keygen("-q", "-t", "ed25519", "-N", "", "-C", key, "-f", scratch.file(key)) }
        try Tool.run("/bin/cp", [try Self.bundles.get().path + "/simple.tar", bundle])
        try allow("maker@example.org", "maker")
    }

    private var bundle: String { scratch.file("simple.tar") }
    private var signers: String { scratch.file("allowed") }

    /// Two bundles of one topology, of different days.
    private static let bundles = Result {
        let scratch = try Scratch()
        let topology = try String(contentsOf: Repository.topology("simple"), encoding: .utf8)
        _ = try Child.run([Repository.slipway.path, "secrets", "new", scratch.file("secret")])
        for (name, day) in [("simple", "2026-11-22"), ("other", "2026-11-23")] {
            let spec = try scratch.write(
                "\(name).yaml", topology.replacing(/epoch: [0-9-]+/, with: "epoch: \(day)"))
            let made = try Child.run([
                Repository.slipway.path, "bundle", spec, "--secrets", scratch.file("secret"), "--templates",
                Repository.templates.path, "--out", scratch.file("\(name).d"),
            ])
            let file = try FileManager.default.contentsOfDirectory(atPath: scratch.file("\(name).d"))
                .first { $0.hasSuffix(".tar") }
            try #require(made.status == 0 && file != nil, "\(made.transcript)")
            try FileManager.default.moveItem(
                atPath: scratch.file("\(name).d/\(file ?? "")"), toPath: scratch.file("\(name).tar"))
        }
        return scratch
    }

    // MARK: Accepted

    @Test("what slipway signs, ssh-keygen accepts alone", arguments: ["ed25519", "ecdsa", "rsa"])
    func acceptedByOpenSSH(_ type: String) throws {
        try keygen("-q", "-t", type, "-N", "", "-f", scratch.file("key-\(type)"))
        try allow("someone", "key-\(type)")
        let before = try scratch.bytes("simple.tar")
        let signed = try slipway("sign", bundle, "--key", scratch.file("key-\(type)"))
        try #require(signed.status == 0, "\(signed.transcript)")
        let digest = try #require(signed.output.firstMatch(of: /bundle digest  sha256:([0-9a-f]{64})/)?.1)
        #expect(try scratch.bytes("simple.tar") == before)

        // The words of `slipway verify --help`.
        let line =
            "tar -xOf simple.tar blobs/sha256/\(digest) | ssh-keygen -Y verify -f allowed -I someone -n slipway-bundle -s simple.tar.sig"
        let checked = try Tool("sh").run(["-c", line], in: scratch.url)
        #expect(
            checked.status == 0 && checked.output.contains("Good \"slipway-bundle\" signature"), "\(checked.transcript)"
        )
    }

    @Test("what ssh-keygen signs, slipway accepts, and says whose it is")
    func acceptsOpenSSH() throws {
        try signByHand("maker", namespace: "slipway-bundle")
        let verified = try slipway("verify", bundle, "--allowed-signers", signers)
        #expect(verified.status == 0, "\(verified.transcript)")
        #expect(verified.errors.contains("is signed by maker@example.org, ssh-ed25519 SHA256:"), "\(verified.errors)")
        let json = try slipway("verify", bundle, "--allowed-signers", signers, "--format", "json")
        #expect(json.output.contains(#""signer":"maker@example.org""#), "\(json.output)")
    }

    @Test("a bundle that is signed by its fixed name is signed by its own, and the other way round") func link() throws
    {
        try keygen("-q", "-t", "ed25519", "-N", "", "-f", scratch.file("linker"))
        try FileManager.default.copyItem(atPath: bundle, toPath: scratch.file("simple-1.tar"))
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link.tar"), withDestinationPath: "simple-1.tar")
        try allow("linker", "linker")
        #expect(try slipway("sign", scratch.file("link.tar"), "--key", scratch.file("linker")).status == 0)
        #expect(FileManager.default.fileExists(atPath: scratch.file("simple-1.tar.sig")))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("link.tar.sig")))
        for name in ["link.tar", "simple-1.tar"] {
            let verified = try slipway("verify", scratch.file(name), "--allowed-signers", scratch.file("allowed"))
            #expect(verified.status == 0, "\(name): \(verified.transcript)")
        }
    }

    @Test("a key that only an agent has") func agent() throws {
        let script = """
            eval "$(ssh-agent -s)" >/dev/null; trap 'kill -KILL $SSH_AGENT_PID' EXIT
            ssh-add -q maker && mv maker maker.away && "$0" sign simple.tar --key maker.pub
            """
        let signed = try Tool("sh").run(["-c", script, Repository.slipway.path], in: scratch.url)
        #expect(signed.status == 0, "\(signed.transcript)")
        #expect(try slipway("verify", bundle, "--allowed-signers", signers).status == 0)
    }

    @Test("several signers; one who signs again has one signature") func several() throws {
        for key in ["stranger", "maker", "maker"] {
            #expect(try slipway("sign", bundle, "--key", scratch.file(key)).status == 0)
        }
        let unasked = try slipway("verify", bundle)
        #expect(
            unasked.status == 0 && unasked.errors.contains("these were not checked: ssh-ed25519"), "\(unasked.errors)")
        let text = try String(contentsOfFile: bundle + ".sig", encoding: .utf8)
        #expect(text.split(separator: "\n").count { $0 == "-----BEGIN SSH SIGNATURE-----" } == 2)
        #expect(try slipway("verify", bundle, "--allowed-signers", signers).status == 0)
    }

    // MARK: Refused

    enum Fault: String, CaseIterable, Sendable {
        case stripped, otherNamespace, strangersKey, expired, otherBundle, otherNamesNamespace, notASignature

        /// Part of the reason that a person reads.
        var reason: String {
            switch self {
            case .stripped: "is not signed"
            case .otherNamespace: "it was made for 'file', not for 'slipway-bundle'"
            case .strangersKey: "nobody whom"
            case .expired: "nobody whom"
            case .otherBundle: "nobody whom"
            case .otherNamesNamespace: "nobody whom"
            case .notASignature: "holds something else than signatures"
            }
        }
    }

    @Test("under a policy each of these is refused, before anything is made", arguments: Fault.allCases)
    func refused(_ fault: Fault) throws {
        switch fault {
        case .stripped: break
        case .otherNamespace: try signByHand("maker", namespace: "file")
        case .strangersKey: try signByHand("stranger", namespace: "slipway-bundle")
        case .expired:
            try signByHand("maker", namespace: "slipway-bundle")
            try allow("maker@example.org", "maker", options: #"valid-before="20200101""#, alone: true)
        case .otherNamesNamespace:
            try signByHand("maker", namespace: "slipway-bundle")
            try allow("maker@example.org", "maker", options: #"namespaces="git""#, alone: true)
        case .otherBundle:
            let other = try Self.bundles.get().file("other.tar")
            #expect(try slipway("sign", other, "--key", scratch.file("maker")).status == 0)
            try FileManager.default.moveItem(atPath: other + ".sig", toPath: bundle + ".sig")
        case .notASignature: try scratch.write("simple.tar.sig", "-----BEGIN SSH SIGNATURE-----\nAAAA\n")
        }
        for command in ["verify", "up"] {
            let outcome = try slipway(command, bundle, "--allowed-signers", signers)
            #expect(outcome.status == 1 && outcome.output.isEmpty, "\(command): \(outcome.transcript)")
            #expect(outcome.errors.contains(fault.reason), "\(command): \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.file("state")))
    }

    @Test("a policy that is not there is no policy that is fulfilled") func missingPolicy() throws {
        let outcome = try slipway("verify", bundle, "--allowed-signers", scratch.file("nowhere"))
        #expect(outcome.status == 1 && outcome.errors.contains("there is no file of allowed signers"))
    }

    @Test("a damaged bundle is not signed") func damaged() throws {
        var bytes = try scratch.bytes("simple.tar")
        bytes[bytes.count / 2] ^= 1
        try scratch.write("simple.tar", bytes)
        let outcome = try slipway("sign", bundle, "--key", scratch.file("maker"))
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(!FileManager.default.fileExists(atPath: bundle + ".sig"))
    }

    // MARK: A policy for good

    @Test("who was named once is asked for by every command that uses a bundle") func standing() throws {
        #expect(try slipway("trust", "list").output == "nobody is named: bundles are used whoever signed them\n")
        #expect(try slipway("verify", bundle).status == 0)
        let added = try slipway("trust", "add", "ops@example.org", scratch.file("maker.pub"))
        #expect(added.status == 0 && added.output.contains("ops@example.org SHA256:"), "\(added.transcript)")
        let file = scratch.file("config/slipway/allowed_signers")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        for command in [
            ["verify"], ["up"], ["doctor"], ["depot", "--directory", scratch.file("depot")],
            ["extract", scratch.file("out")],
        ] {
            let outcome = try slipway([command[0], bundle] + command.dropFirst())
            #expect(
                outcome.status == 1 && outcome.errors.contains("is not signed"), "\(command): \(outcome.transcript)")
        }
        // To look at what one was given stays possible.
        #expect(try slipway("inspect", bundle).status == 0)
        #expect(try slipway("sign", bundle, "--key", scratch.file("maker")).status == 0)
        #expect(try slipway("verify", bundle).status == 0)

        #expect(try slipway("trust", "remove", "nobody").status == 1)
        #expect(try slipway("trust", "remove", "ops@example.org").status == 0)
        #expect(try slipway("trust", "list").output.contains("names nobody: no bundle is used"))
        #expect(try slipway("verify", bundle).status == 1)
    }

    @Test(
        "names and keys that cannot be added",
        arguments: [
            ("a b", "maker.pub"), ("a,b", "maker.pub"), ("", "maker.pub"), ("a", "maker"), ("a", "allowed"),
            ("a", "none"),
        ])
    func notAdded(_ name: String, _ key: String) throws {
        let outcome = try slipway("trust", "add", name, scratch.file(key))
        #expect(outcome.status == 1 && outcome.errors.hasPrefix("error: "), "\(outcome.transcript)")
        #expect(!FileManager.default.fileExists(atPath: scratch.file("config")))
    }

    // MARK: Means

    private func slipway(_ arguments: String...) throws -> Child.Outcome { try slipway(arguments) }

    private func slipway(_ arguments: [String]) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path] + arguments, in: scratch.url,
            environment: ["XDG_CONFIG_HOME": scratch.file("config"), "SLIPWAY_STATE": scratch.file("state")])
    }

    private func keygen(_ arguments: String...) throws {
        let outcome = try Tool.sshKeygen.run(arguments)
        try #require(outcome.status == 0, "\(outcome.transcript)")
    }

    private func allow(_ name: String, _ key: String, options: String = "", alone: Bool = false) throws {
        let key = try String(contentsOfFile: scratch.file("\(key).pub"), encoding: .utf8)
        let before = alone ? "" : (try? String(contentsOfFile: signers, encoding: .utf8)) ?? ""
        try scratch.write("allowed", before + "\(name) \(options) \(key)")
    }

    /// As a person without Slipway would.
    private func signByHand(_ key: String, namespace: String) throws {
        let script = """
            index=$(tar -xOf simple.tar index.json | grep -o 'sha256:[0-9a-f]*' | head -1 | cut -d: -f2)
            tar -xOf simple.tar blobs/sha256/$index | ssh-keygen -q -Y sign -n \(namespace) -f \(key) >simple.tar.sig
            """
        let outcome = try Tool("sh").run(["-c", script], in: scratch.url)
        try #require(outcome.status == 0, "\(outcome.transcript)")
    }
}
