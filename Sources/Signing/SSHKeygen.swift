import HostSystem

/// OpenSSH's ssh-keygen, which makes and checks signatures. It is on every Mac and every Linux machine that one logs in from, knows
/// agents, security keys and certificates, and anybody can ask it the same question without Slipway.
enum SSHKeygen {
    /// Signs a message. A passphrase is asked for at the terminal, by ssh-keygen or the agent.
    ///
    /// - Parameter key: a private key, or a public one whose private key an agent or a security key has.
    static func sign(_ message: [UInt8], key: String) throws(SigningError) -> BundleSignature {
        let result = try run(["-Y", "sign", "-n", BundleSignature.namespace, "-f", key], reading: message, limit: 300)
        guard result.status == 0, let signature = BundleSignature(armoured: result.output) else {
            throw .notSigned(key: key, reason: said(result))
        }
        return signature
    }

    /// Who made a signature, when it holds now and the file allows that key for bundles.
    ///
    /// - Parameter allowed: the path of a file of allowed signers.
    /// - Returns: the signer's name, or why the signature does not count.
    static func verify(
        _ signature: BundleSignature, of message: [UInt8], allowed: String
    ) throws(SigningError) -> Result<String, Refusal> {
        guard signature.namespace == BundleSignature.namespace else {
            return .failure(Refusal("it was made for '\(signature.namespace)', not for '\(BundleSignature.namespace)'"))
        }
        let file = try TemporaryFile<SigningError>(Array(signature.armoured.utf8))
        // Every name under which the file has this key: each may have a time or a namespace of its own.
        let found = try run(["-Y", "find-principals", "-s", file.path, "-f", allowed], reading: [])
        let names = found.output.split(whereSeparator: \.isNewline).map(String.init)
        guard found.status == 0, !names.isEmpty else { return .failure(Refusal(said(found))) }
        var reason = ""
        for name in names.prefix(16) {
            let checked = try run(
                ["-Y", "verify", "-f", allowed, "-I", name, "-n", BundleSignature.namespace, "-s", file.path],
                reading: message)
            if checked.status == 0 { return .success(name) }
            reason = said(checked)
        }
        return .failure(Refusal(reason))
    }

    /// The type, the key and the fingerprint of a public key in a file, as `ssh-keygen -l` reads it.
    static func fingerprint(of publicKey: String) throws(SigningError) -> String {
        let result = try run(["-l", "-E", "sha256", "-f", publicKey], reading: [])
        let words = result.output.split(separator: " ")
        guard result.status == 0, words.count >= 2, words[1].hasPrefix("SHA256:") else {
            throw .notPublicKey(path: publicKey)
        }
        return String(words[1])
    }

    /// Why a signature does not count, in a few words.
    struct Refusal: Error, Hashable {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    private static func run(
        _ arguments: [String], reading input: [UInt8], limit: Int = 30
    ) throws(SigningError) -> CommandResult {
        guard ExternalCommand.locate("ssh-keygen") != nil else { throw .noKeygen }
        let command = ExternalCommand(
            ["ssh-keygen"] + arguments, environment: ["LC_ALL": "C"], input: .bytes(input)
        ).limited(to: limit, bytes: 1 << 20)
        do throws(SystemError) { return try command.run() } catch { throw .system(error) }
    }

    /// What ssh-keygen gave as its reason: its last line.
    private static func said(_ result: CommandResult) -> String {
        let lines = (result.errors + "\n" + result.output).split(whereSeparator: \.isNewline)
        return lines.last { !$0.hasPrefix("Could not verify signature") }.map(String.init)
            ?? lines.last.map(String.init) ?? "status \(result.status)"
    }
}
