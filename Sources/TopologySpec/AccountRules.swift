/// What may stand in `users:`.
extension Rule<String> {
    /// Accounts that exist already or that services run as.
    private static var systemAccounts: Set<String> {
        [
            "root", "daemon", "nobody", "sshd", "systemd-network", "etcd", "vault", "haproxy", "kube-apiserver",
            "kube-controller-manager", "kube-scheduler", "slipway-addons",
        ]
    }

    static var userName: Self {
        Self(.text(pattern: "[a-z][a-z0-9_-]{0,31}")) { text in
            let bytes = Array(text.utf8)
            let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
            let isValid =
                (1...32).contains(bytes.count) && letters.contains(bytes[0])
                && bytes.allSatisfy { letters.contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
            if !isValid {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not a user name",
                        help: "expected 1 to 32 of a-z, 0-9, - and _, beginning with a letter, such as k8s"))
            }
            if systemAccounts.contains(text) {
                return .failure(
                    Refusal(
                        message: "'\(text)' is a system account", help: "choose a name of your own, such as k8s"))
            }
            return .success(text)
        }
    }

    /// Key types that OpenSSH 9 accepts for public key authentication.
    private static var keyTypes: [String] {
        [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
            "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
        ]
    }

    /// A public key line: type, base64, and an optional comment; no options, which would widen what the key may do.
    static var publicKey: Self {
        Self(.text(pattern: " *(?:\(keyTypes.joined(separator: "|").replacing(".", with: #"\."#))) +[ -~]{32,}")) {
            text in
            let parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            if parts.count >= 2, keyTypes.contains(parts[0]), isBase64(parts[1]),
                text.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value < 127 })
            {
                return .success(parts.joined(separator: " "))
            }
            if text.contains("PRIVATE KEY") {
                return .failure(
                    Refusal(
                        message: "this is a private key",
                        help: "take it out of this file now; expected the content of the .pub file"))
            }
            if parts.contains(where: keyTypes.contains), !keyTypes.contains(parts[0]) {
                return .failure(
                    Refusal(
                        message: "options before a key are not supported",
                        help: "begin with the key's type, such as 'ssh-ed25519 AAAA… me@mac'"))
            }
            if let type = parts.first, type == "ssh-dss" || type.hasSuffix("-cert-v01@openssh.com") {
                return .failure(
                    Refusal(
                        message: "\(type) keys are not accepted",
                        help: "make one of another type: ssh-keygen -t ed25519"))
            }
            return .failure(
                Refusal(
                    message: "this is not an SSH public key",
                    help: "expected the content of a .pub file, such as 'ssh-ed25519 AAAA… me@mac'"))
        }
    }

    private static func isBase64(_ text: String) -> Bool {
        text.utf8.count >= 32 && text.utf8.count % 4 == 0
            && text.utf8.allSatisfy { byte in
                (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte)
                    || [43, 47, 61].contains(byte)
            }
    }
}
