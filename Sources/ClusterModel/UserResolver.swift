import Diagnostics
import TopologySpec

/// Resolves `users:`.
struct UserResolver {
    let specs: [UserSpec]

    /// Key types that OpenSSH 9 accepts for public key authentication.
    private static let keyTypes = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// Accounts that exist already or that services run as.
    private static let systemAccounts: Set<String> = [
        "root", "daemon", "nobody", "sshd", "systemd-network", "etcd", "vault", "haproxy", "kubernetes",
        "slipway-addons",
    ]

    func resolve(_ report: inout Report) -> [UserAccount] {
        guard !specs.isEmpty else { return [UserAccount(name: "k8s", sshKeys: [])] }
        var seen: [String: SourcePosition] = [:]
        return specs.enumerated().compactMap { index, spec in
            let path = "users[\(index)]"
            guard let name = spec.name else {
                report.error(path, "the user has no name", at: spec.position, help: "add 'name: k8s'")
                return nil
            }
            checkName(name, "\(path).name", &report)
            if let first = seen.updateValue(name.position, forKey: name.value) {
                report.error(
                    "\(path).name", "the user '\(name.value)' is described twice", at: name.position,
                    help: "first in line \(first.line)")
            }
            let keys = spec.sshKeys.enumerated().compactMap { number, key in
                checked(key, "\(path).ssh-keys[\(number)]", &report)
            }
            return UserAccount(name: name.value, sshKeys: keys)
        }
    }

    private func checkName(_ name: Located<String>, _ path: String, _ report: inout Report) {
        let bytes = Array(name.value.utf8)
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let valid =
            (1...32).contains(bytes.count) && letters.contains(bytes[0])
            && bytes.allSatisfy { letters.contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
        if !valid {
            report.error(
                path, "'\(name.value)' is not a user name", at: name.position,
                help: "expected 1 to 32 of a-z, 0-9, - and _, beginning with a letter")
        } else if Self.systemAccounts.contains(name.value) {
            report.error(
                path, "'\(name.value)' is a system account", at: name.position,
                help: "choose a name of your own, such as k8s")
        }
    }

    /// A public key line: type, base64, and an optional comment; no options, which would widen what the key may do.
    private func checked(_ key: Located<String>, _ path: String, _ report: inout Report) -> String? {
        let parts = key.value.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.count >= 2, Self.keyTypes.contains(parts[0]), isBase64(parts[1]),
            key.value.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value < 127 })
        else {
            let isPrivate = key.value.contains("PRIVATE KEY")
            report.error(
                path, isPrivate ? "this is a private key" : "this is not an SSH public key", at: key.position,
                help: isPrivate
                    ? "take it out of this file now; expected the content of the .pub file"
                    : "expected the content of a .pub file, such as 'ssh-ed25519 AAAA… me@mac'")
            return nil
        }
        return parts.joined(separator: " ")
    }

    private func isBase64(_ text: String) -> Bool {
        text.utf8.count >= 32 && text.utf8.count % 4 == 0
            && text.utf8.allSatisfy { byte in
                (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte)
                    || [43, 47, 61].contains(byte)
            }
    }
}
