import Foundation
import TestSupport
import Testing

/// Bundles sealed and opened through the program; Debian's age judges what was sealed, and seals what is opened.
@Suite("sealed bundles", .serialized, .needs("age", "age-keygen", "tar", "ssh-keygen", "python3"))
struct SealingTests {
    let scratch: Scratch
    private let recipient: String

    init() throws {
        scratch = try Scratch()
        try Tool.run("/bin/cp", [try Self.bundle.get().file("simple.tar"), scratch.file("simple.tar")])
        recipient = try Self.newKey(scratch, "key")
        try keygen("-q", "-t", "ed25519", "-N", "", "-f", scratch.file("ssh"))
    }

    /// Made once.
    private static let bundle = Result {
        let scratch = try Scratch()
        _ = try Child.run([Repository.slipway.path, "secrets", "new", scratch.file("secret")])
        let made = try Child.run([
            Repository.slipway.path, "bundle", Repository.topology("simple").path, "--secrets", scratch.file("secret"),
            "--templates", Repository.templates.path, "--out", scratch.file("out"),
        ])
        let name = try scratch.names("out").first { $0.hasSuffix(".tar") }
        try #require(made.status == 0 && name != nil, "\(made.transcript)")
        try FileManager.default.moveItem(atPath: scratch.file("out/\(name ?? "")"), toPath: scratch.file("simple.tar"))
        return scratch
    }

    // MARK: Both ways with age

    /// Who can open it, as `slipway seal` is told and as `age` is.
    enum Key: String, CaseIterable, Sendable { case native, ssh }

    @Test("age opens what slipway seals: the secret manifest's layers", arguments: Key.allCases)
    func openedByAge(_ key: Key) throws {
        try seal("--recipient", key == .native ? recipient : scratch.file("ssh.pub"))
        let blobs = try sealedBlobs()
        let opened = try Tool("age").run(
            ["--decrypt", "-i", scratch.file(key == .native ? "key" : "ssh"), "-o", "secret.tar", blobs.age],
            in: scratch.url)
        try #require(opened.status == 0, "\(opened.transcript)")
        // Unpacked over the public part it is the whole layout again, each layer under its digest.
        let layers = try #require(
            try JSONSerialization.jsonObject(with: Data(scratch.bytes("layout/\(blobs.manifest)"))) as? [String: Any])
        let digests = try #require(layers["layers"] as? [[String: Any]]).compactMap { $0["digest"] as? String }
        #expect(digests.count > 3)
        try #require(try Tool.tar.run(["-C", "layout", "-xf", "secret.tar"], in: scratch.url).status == 0)
        for digest in digests {
            let hex = String(digest.dropFirst(7))
            let sum = try Tool("sha256sum").run([scratch.file("layout/blobs/sha256/\(hex)")])
            #expect(sum.output.hasPrefix(hex), "\(sum.transcript)")
        }
    }

    @Test("slipway opens what age sealed, bit for bit", arguments: Key.allCases)
    func sealedByAge(_ key: Key) throws {
        // Another key of slipway's makes the tar that age then seals.
        try resealed(["-r", key == .native ? recipient : try scratch.read("ssh.pub")])
        try open("foreign.tar", "--identity", scratch.file(key == .native ? "key" : "ssh"), "--out", "back.tar")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("simple.tar"))
    }

    @Test("a passphrase, both ways; it is asked for twice at a terminal, and nothing of it is shown")
    func passphrase() throws {
        try scratch.write("words", "correct horse\n", mode: 0o600)
        // age asks at the terminal alone.
        let typed = try atTerminal(
            [Repository.slipway.path, "seal", "simple.tar", "--passphrase"], ["Passphrase: ", "The same again: "],
            "correct hoarse\u{7F}\u{7F}\u{7F}\u{7F}rse")
        try #require(typed.status == 0, "\(typed.transcript)")
        #expect(!typed.output.contains("horse") && !typed.output.contains("hoarse"), "\(typed.output)")
        let opened = try atTerminal(
            ["age", "--decrypt", "-o", "secret.tar", try sealedBlobs().age], ["passphrase"], "correct horse")
        #expect(opened.status == 0, "\(opened.transcript)")
        try open("simple.sealed.tar", "--passphrase-file", scratch.file("words"), "--out", "back.tar")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("simple.tar"))

        try resealed(["--passphrase"], typing: "correct horse")
        try open("foreign.tar", "--passphrase-file", scratch.file("words"), "--out", "again.tar")
        #expect(try scratch.bytes("again.tar") == scratch.bytes("simple.tar"))
        try scratch.write("words", "correct horse \n", mode: 0o600)
        let wrong = try slipway("open", "foreign.tar", "--passphrase-file", scratch.file("words"))
        #expect(wrong.status == 1 && wrong.errors.contains("the passphrase does not open it"), "\(wrong.transcript)")
    }

    // MARK: Without the key

    @Test(
        "without a key the public part is verified, and what is sealed is said to be sealed; with it all of it is there"
    )
    func withoutKey() throws {
        try seal("--recipient", recipient)
        let plain = try slipway("verify", "simple.tar")
        let closed = try slipway("verify", "simple.sealed.tar")
        #expect(closed.status == 0 && closed.output.contains("The secret part is sealed"), "\(closed.transcript)")
        // Two people can still compare.
        for name in ["public digest", "bundle digest"] {
            let lines = [plain, closed].map { $0.output.split(separator: "\n").first { $0.hasPrefix(name) } }
            #expect(lines[0] != nil && lines[0] == lines[1])
        }
        let overview = try slipway("inspect", "simple.sealed.tar")
        #expect(overview.status == 0 && overview.output.contains("secret part    sealed: "), "\(overview.transcript)")
        let publicFile = try slipway("cat", "simple.sealed.tar", "etcd-1:/etc/etcd/etcd.conf.yml")
        #expect(publicFile.status == 0 && !publicFile.output.isEmpty, "\(publicFile.transcript)")
        for command in [
            ["cat", "simple.sealed.tar", "operator:kubeconfig"], ["extract", "simple.sealed.tar", "out", "--seeds"],
            ["up", "simple.sealed.tar"],
        ] {
            let refused = try slipway(command)
            #expect(
                refused.status == 1 && refused.errors.contains("its secret part is sealed; name the key"),
                "\(command): \(refused.transcript)")
        }
        #expect(!scratch.exists("out") && !scratch.exists("state"))

        let key = ["--identity", scratch.file("key")]
        let whole = try slipway(["verify", "simple.sealed.tar"] + key)
        #expect(whole.status == 0 && whole.output.contains("from the secrets file hold was not checked"))
        let mine = try slipway(["cat", "simple.sealed.tar", "operator:kubeconfig"] + key)
        #expect(mine.status == 0)
        #expect(try mine.output == slipway("cat", "simple.tar", "operator:kubeconfig").output)
        for (bundle, directory) in [("simple.tar", "a"), ("simple.sealed.tar", "b")] {
            #expect(try slipway(["extract", bundle, directory, "--seeds"] + key).status == 0)
        }
        let same = try Tool("diff").run(["-r", scratch.file("a"), scratch.file("b")])
        #expect(same.status == 0, "\(same.transcript)")
    }

    @Test("a signature holds for the sealed file too, and travels with it") func signature() throws {
        try keygen("-q", "-t", "ed25519", "-N", "", "-f", scratch.file("maker"))
        try scratch.write("allowed", "maker@example.org \(try scratch.read("maker.pub"))")
        #expect(try slipway("sign", "simple.tar", "--key", scratch.file("maker")).status == 0)
        try seal("--recipient", recipient)
        let allowed = ["--allowed-signers", scratch.file("allowed")]
        let verified = try slipway(["verify", "simple.sealed.tar"] + allowed)
        #expect(
            verified.status == 0 && verified.errors.contains("signed by maker@example.org"), "\(verified.transcript)")
        #expect(
            try slipway(
                ["open", "simple.sealed.tar", "--identity", scratch.file("key"), "--out", "back.tar"] + allowed
            ).status == 0)
        #expect(try slipway(["verify", "back.tar"] + allowed).status == 0)
        try scratch.remove("simple.sealed.tar.sig")
        let stripped = try slipway(
            ["open", "simple.sealed.tar", "--identity", scratch.file("key"), "--out", "other.tar"] + allowed)
        #expect(stripped.status == 1 && stripped.errors.contains("is not signed"), "\(stripped.transcript)")
    }

    // MARK: Refused

    @Test("wrong keys, and files that are none")
    func wrongIdentities() throws {
        try seal("--recipient", recipient)
        _ = try Self.newKey(scratch, "other")
        try keygen("-q", "-t", "ed25519", "-N", "secret", "-f", scratch.file("locked"))
        try scratch.write("open-key", try scratch.read("key"), mode: 0o644)
        try scratch.write("words", "x\n", mode: 0o600)
        for (arguments, reason) in [
            (["--identity", "other"], "it is sealed for others"), (["--identity", "ssh"], "it is sealed for others"),
            (["--identity", "locked"], "protected by a passphrase of its own"),
            (["--identity", "open-key"], "can be read by others"),
            (["--identity", "simple.tar"], "is longer than 65536 bytes"),
            (["--identity", "words"], "is no identity"),
            (["--identity", "nowhere"], "nowhere"), (["--passphrase-file", "words"], "it is sealed for keys"),
        ] {
            if arguments[1] == "simple.tar" { try Tool.run("chmod", ["600", scratch.file("simple.tar")]) }
            let refused = try slipway(["open", "simple.sealed.tar", "--out", "back.tar"] + arguments)
            #expect(refused.status == 1 && refused.errors.contains(reason), "\(arguments): \(refused.transcript)")
        }
        #expect(!scratch.exists("back.tar"))
    }

    @Test(
        "recipients that are none",
        arguments: [
            "age1", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "ssh-rsa AAAA",
            "ssh-ed25519 AAAA",
            "AGE-SECRET-KEY-1QQQQ", "nowhere", "simple.tar",
        ])
    func wrongRecipients(_ text: String) throws {
        let refused = try slipway("seal", "simple.tar", "--recipient", text)
        #expect(refused.status == 1 && refused.errors.contains("recipient"), "\(refused.transcript)")
        #expect(try scratch.names().filter { $0.hasSuffix("sealed.tar") || $0.hasPrefix(".slipway") }.isEmpty)
    }

    @Test("sealed twice it differs, and neither a sealed bundle is sealed nor anything replaced") func twice() throws {
        try seal("--recipient", recipient)
        let first = try scratch.bytes("simple.sealed.tar")
        let there = try slipway("seal", "simple.tar", "--recipient", recipient)
        #expect(there.status == 1 && there.errors.contains("is there already"), "\(there.transcript)")
        let again = try slipway("seal", "simple.sealed.tar", "--recipient", recipient)
        #expect(again.status == 1 && again.errors.contains("is sealed already"), "\(again.transcript)")
        #expect(try slipway("seal", "simple.tar", "--recipient", recipient, "--out", "second.tar").status == 0)
        #expect(try scratch.bytes("second.tar").count == first.count && scratch.bytes("second.tar") != first)
        let plain = try slipway("open", "simple.tar", "--identity", scratch.file("key"))
        #expect(plain.status == 1 && plain.errors.contains("nothing in it is sealed"), "\(plain.transcript)")
    }

    @Test("cut off, appended to, pieces exchanged: nothing is written") func damaged() throws {
        try seal("--recipient", recipient)
        let whole = try scratch.bytes("simple.sealed.tar")
        let size = try scratch.bytes(sealedBlobs().age.replacing("\(scratch.path)/", with: "")).count
        let start = try #require(whole.firstRange(of: Array("age-encryption.org/v1\n".utf8))?.lowerBound)
        var flipped = whole
        flipped[start + size / 2] ^= 1
        for (name, bytes) in [
            ("short", Array(whole.dropLast(1))), ("long", whole + [0]), ("flipped", flipped),
            ("cut", Array(whole[..<(start + size / 2)])),
        ] {
            try scratch.write("damaged.tar", bytes)
            let refused = try slipway("open", "damaged.tar", "--identity", scratch.file("key"), "--out", "back.tar")
            #expect(refused.status == 1, "\(name): \(refused.transcript)")
            let looked = try slipway("verify", "damaged.tar")
            #expect(looked.status == 1, "\(name): \(looked.transcript)")
        }
        #expect(!scratch.exists("back.tar"))
    }

    // MARK: Nothing leaks

    @Test(
        "neither key nor passphrase is in an argument, a message or a file that is written", .needs("strace"))
    func leaksNothing() throws {
        let passphrase = "xyzzy-plugh-passphrase"
        try scratch.write("words", passphrase + "\n", mode: 0o600)
        let script = """
            strace -f -s 100000 -e trace=execve,write,pwrite64,writev,sendto,sendmsg -o trace "$0" seal simple.tar --passphrase-file words
            strace -f -s 100000 -e trace=execve,write,pwrite64,writev,sendto,sendmsg -o trace2 "$0" cat simple.sealed.tar jump:/etc/hosts --passphrase-file words
            strace -f -s 100000 -e trace=execve,write,pwrite64,writev,sendto,sendmsg -o trace3 "$0" seal simple.tar --recipient \(recipient) --out keyed.tar
            strace -f -s 100000 -e trace=execve,openat,write,pwrite64,writev,sendto,sendmsg -o trace4 "$0" verify keyed.tar --identity key
            """
        let ran = try Tool("sh").run(["-ec", script, Repository.slipway.path], in: scratch.url, limit: .seconds(120))
        try #require(ran.status == 0, "\(ran.transcript)")
        let secret = try #require(try scratch.read("key").split(separator: "\n").last)
        for trace in ["trace", "trace2", "trace3", "trace4"] {
            let text = try scratch.read(trace)
            #expect(text.contains("execve("))
            #expect(!text.contains(passphrase), "\(trace) has the passphrase")
            #expect(!text.contains(secret), "\(trace) has the private key")
            // A private key of the bundle's own, as it stands in the tars.
            #expect(!text.contains("PRIVATE KEY-----"), "\(trace) has a key of the bundle")
        }
        // What verifying decrypts is in memory alone.
        #expect(!(try scratch.read("trace4")).contains("O_CREAT"))
        #expect(!ran.transcript.contains(passphrase) && !ran.transcript.contains(secret))
    }

    // MARK: Means

    private func slipway(_ arguments: String...) throws -> Child.Outcome { try slipway(arguments) }

    private func slipway(_ arguments: [String]) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path] + arguments, in: scratch.url,
            environment: ["XDG_CONFIG_HOME": scratch.file("config"), "SLIPWAY_STATE": scratch.file("state")],
            limit: .seconds(120))
    }

    private func seal(_ arguments: String...) throws {
        let sealed = try slipway(["seal", "simple.tar"] + arguments)
        try #require(sealed.status == 0, "\(sealed.transcript)")
    }

    private func open(_ arguments: String...) throws {
        let opened = try slipway(["open"] + arguments)
        try #require(opened.status == 0, "\(opened.transcript)")
    }

    private func keygen(_ arguments: String...) throws {
        let outcome = try Tool.sshKeygen.run(arguments)
        try #require(outcome.status == 0, "\(outcome.transcript)")
    }

    /// - Returns: the recipient.
    private static func newKey(_ scratch: Scratch, _ name: String) throws -> String {
        let made = try Tool("age-keygen").run(["-o", scratch.file(name)])
        try #require(made.status == 0, "\(made.transcript)")
        return try #require(made.errors.split(separator: ": ").last).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Unpacks the sealed bundle below `layout`: the age file's path, and the secret manifest's below the layout.
    private func sealedBlobs(of name: String = "simple.sealed.tar") throws -> (age: String, manifest: String) {
        try? scratch.remove("layout")
        try FileManager.default.createDirectory(atPath: scratch.file("layout"), withIntermediateDirectories: true)
        try #require(try Tool.tar.run(["-C", "layout", "-xf", name], in: scratch.url).status == 0)
        for blob in try scratch.names("layout/blobs/sha256") {
            let path = "blobs/sha256/\(blob)"
            guard let text = String(bytes: try scratch.bytes("layout/\(path)").prefix(1 << 20), encoding: .utf8),
                text.contains("application/vnd.slipway.bundle.sealed.v1"), text.contains("\"layers\"")
            else { continue }
            let digests = text.matches(of: /"digest":"sha256:([0-9a-f]{64})"/).map { "blobs/sha256/\($0.1)" }
            try #require(digests.count == 3)
            return (scratch.file("layout/\(digests[2])"), digests[1])
        }
        throw Missing()
    }

    private struct Missing: Error {}

    /// `foreign.tar`: the bundle with an age file that age itself made.
    private func resealed(_ arguments: [String], typing passphrase: String? = nil) throws {
        if !scratch.exists("simple.sealed.tar") { try seal("--recipient", recipient) }
        _ = try Self.newKey(scratch, "mine-\(UUID().uuidString)")
        let script = try scratch.write("reseal.py", SealingScripts.reseal)
        let own = try slipway(
            "seal", "simple.tar", "--recipient", recipient, "--out", "own-\(UUID().uuidString).tar")
        try #require(own.status == 0, "\(own.transcript)")
        let name = try #require(try scratch.names().first { $0.hasPrefix("own-") })
        let blobs = try sealedBlobs(of: name)
        try #require(
            try Tool("age").run(["-d", "-i", scratch.file("key"), "-o", "plain", blobs.age], in: scratch.url).status
                == 0)
        let command = ["age", "--encrypt"] + arguments + ["-o", "foreign.age", "plain"]
        let sealed =
            if let passphrase { try atTerminal(command, ["passphrase", "onfirm"], passphrase) } else {
                try Child.run([Tool("age").requirePath()] + command.dropFirst(), in: scratch.url)
            }
        try #require(sealed.status == 0, "\(sealed.transcript)")
        let made = try Tool("python3").run([script, name, "foreign.age", "foreign.tar"], in: scratch.url)
        try #require(made.status == 0, "\(made.transcript)")
        try scratch.remove(name)
    }

    /// Runs a program at a terminal of its own and types the same answer to each question.
    private func atTerminal(_ command: [String], _ questions: [String], _ answer: String) throws -> Child.Outcome {
        let script = try scratch.write("terminal.py", SealingScripts.terminal)
        let arguments = [script, answer, "\(questions.count)"] + questions + command
        return try Tool("python3").run(arguments, in: scratch.url, limit: .seconds(120))
    }
}
